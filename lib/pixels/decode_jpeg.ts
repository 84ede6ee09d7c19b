import type { Decoded, DecodeSettings } from "./decoded_image.ts";
import { checkClaim, checkScans } from "./image_limits.ts";
import { jpegHeader } from "./jpeg_header.ts";
import { turbo, type TurboHandle, type TurboLibrary, turboLibrary } from "./turbo_library.ts";

/** How a JPEG is decoded. */
export interface JpegSettings extends DecodeSettings {
  /** The image in error messages. */
  readonly name: string;
  /**
   * Whether the library's fast transform is used, up to a few levels from the accurate one, and only
   * the luma decoded when `grey` is set.
   */
  readonly fast: boolean;
  readonly grey: boolean;
}

/** Marker of a progressive image's frame. */
const PROGRESSIVE = 0xc2;

/** Up to this many pixels, handing an image to another thread takes longer than decoding it. */
const SMALL = 32 * 32;

/** Room that is kept for the next image, bytes: fresh memory costs as much as a small image. */
const KEPT_ROOM = 4 * 2 ** 20;

/** A decompressor of the library and room for pixels; used for one image at a time. */
interface Decompressor {
  readonly handle: TurboHandle;
  room: Uint8Array<ArrayBuffer>;
}

/** Those not in use, for the accurate and for the fast transform. */
const idle: Record<"accurate" | "fast", Decompressor[]> = { accurate: [], fast: [] };

/**
 * Decodes an upright JPEG of one or three components straight through libjpeg-turbo. With the accurate
 * transform these are the pixels that OpenCV and sharp give, whose decoders are the same library.
 *
 * @param use what is wanted of the image, whose pixels are gone afterwards
 * @returns undefined if it is another kind of JPEG, if the library complains of anything, or if there
 *   is no build of it: then a more patient decoder has to look at the file
 * @throws {BadImage} if the header claims more pixels than the limit, or the file has too many scans
 */
export async function useJpeg<T>(
  bytes: Uint8Array,
  settings: JpegSettings,
  use: (image: Decoded) => T,
): Promise<T | undefined> {
  const { frame, precision, components, width, height, orientation } = jpegHeader(bytes);
  if (frame < 0xc0 || frame > 0xc2 || precision !== 8) return undefined;
  if (frame === PROGRESSIVE) checkScans(settings.name, bytes);
  checkClaim(settings.name, width, height, settings.maxPixels);
  if (orientation !== 1 || (components !== 1 && components !== 3)) return undefined;
  const library = turboLibrary();
  if (library === undefined) return undefined;
  const grey = components === 1 || (settings.fast && settings.grey);
  const size = width * height * (grey ? 1 : 3);
  return await settings.budget.run(width * height, async () => {
    const kind = settings.fast ? "fast" : "accurate";
    const decompressor = idle[kind].pop() ?? newDecompressor(library, settings.fast);
    const { handle } = decompressor;
    if (decompressor.room.length < size) decompressor.room = new Uint8Array(size);
    try {
      const file = bytes as Uint8Array<ArrayBuffer>, length = BigInt(bytes.length);
      if (
        library.tj3DecompressHeader(handle, file, length) !== 0 ||
        library.tj3Get(handle, turbo.jpegWidth) !== width ||
        library.tj3Get(handle, turbo.jpegHeight) !== height
      ) return undefined;
      const { room } = decompressor;
      const format = grey ? turbo.formatGrey : turbo.formatRgb;
      const failed = settings.blocking || width * height <= SMALL
        ? library.tj3Decompress8(handle, file, length, room, 0, format)
        : await library.tj3Decompress8Async(handle, file, length, room, 0, format);
      if (failed) return undefined;
      return use({ width, height, channels: grey ? 1 : 3, data: decompressor.room });
    } finally {
      if (decompressor.room.length > KEPT_ROOM) decompressor.room = new Uint8Array();
      idle[kind].push(decompressor);
    }
  });
}

function newDecompressor(library: TurboLibrary, fast: boolean): Decompressor {
  const handle = library.tj3Init(turbo.initDecompress);
  if (handle === null) throw new Error("libjpeg-turbo has no memory for a decompressor");
  library.tj3Set(handle, turbo.stopOnWarning, 1);
  library.tj3Set(handle, turbo.fastDct, fast ? 1 : 0);
  return { handle, room: new Uint8Array() };
}
