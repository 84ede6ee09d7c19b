/**
 * JPEG files straight through libjpeg-turbo, without sharp's pipeline, which takes longer than decoding
 * a small photograph does.
 */
import { Buffer } from "node:buffer";
import type { Decoded } from "./decoded_image.ts";

/** Version of the library, exactly as deno.json has it; another one may round otherwise. */
export const turboVersion = "3.0.1";

/** What a JPEG's header says, as far as decoding depends on it. */
interface JpegHeader {
  /** Colour components; 0 if there is no frame header. */
  readonly components: number;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (upright) where none is given. */
  readonly orientation: number;
}

/** Reads the markers that stand before a JPEG's image data. */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  let orientation = 1;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    // C0–CF start a frame, but for DHT (C4), JPG (C8) and DAC (CC).
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) {
      const [height, width] = [
        bytes[at + 5]! << 8 | bytes[at + 6]!,
        bytes[at + 7]! << 8 | bytes[at + 8]!,
      ];
      return { components: bytes[at + 9]!, width, height, orientation };
    }
    const length = bytes[at + 2]! << 8 | bytes[at + 3]!;
    if (marker === 0xe1) {
      orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length)) ?? orientation;
    }
    at += 2 + length;
  }
  return { components: 0, width: 0, height: 0, orientation };
}

/** Tag 0x0112 in the first directory of an EXIF segment, undefined if there is none. */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== "Exif\0\0") return undefined;
  const tiff = segment.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    for (let entry = 0; entry < view.getUint16(directory, little); entry++) {
      const at = directory + 2 + 12 * entry;
      if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little);
    }
    return undefined;
  } catch {
    return 0; // cut short: no orientation that anybody could rely on
  }
}

/** The library, loaded when it is first wanted; undefined where it has no build for the machine. */
let library: Promise<typeof import("@julusian/jpeg-turbo") | undefined> | undefined;

function loadTurbo(): typeof library {
  return library ??= import("@julusian/jpeg-turbo").then(
    (module) => module.default as unknown as typeof module,
    () => undefined,
  );
}

/** Room for decoded pixels, used again and again: fresh memory costs as much as a small image. */
const spare: Buffer[] = [];

/**
 * Decodes an upright JPEG of one or three components with libjpeg-turbo's fast transform: up to a few
 * levels from the accurate one that OpenCV uses.
 *
 * @param grey only the luma, which a JPEG holds by itself
 * @param use what is wanted of the image, whose pixels are gone afterwards
 * @returns undefined if it is another kind of JPEG, or the decoder complains of anything: then a more
 *   patient one has to look at it
 */
export async function useJpegFast<T>(
  bytes: Uint8Array,
  grey: boolean,
  use: (image: Decoded) => T,
): Promise<T | undefined> {
  const { components, width, height, orientation } = jpegHeader(bytes);
  if (orientation !== 1 || (components !== 1 && components !== 3)) return undefined;
  const turbo = await loadTurbo();
  if (turbo === undefined) return undefined;
  const channels = grey ? 1 : components;
  const size = width * height * channels;
  let room = spare.pop();
  if (room === undefined || room.length < size) {
    room = Buffer.allocUnsafeSlow(Math.max(size, 1 << 18));
  }
  try {
    const format = channels === 1 ? turbo.FORMAT_GRAY : turbo.FORMAT_RGB;
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const { data } = await turbo.decompress(file, room, { format });
    return use({ width, height, channels, data });
  } catch {
    return undefined;
  } finally {
    spare.push(room);
  }
}
