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

/** A JPEG that the library can be asked to decode. */
interface Job {
  readonly library: TurboLibrary;
  readonly transform: "accurate" | "fast";
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

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
  const job = jobOf(bytes, settings);
  if (job === undefined) return undefined;
  const pixels = job.width * job.height;
  return await settings.budget.run(pixels, async () => {
    if (settings.blocking || pixels <= SMALL) return decodeNow(job, use);
    const decompressor = takeDecompressor(job);
    let isDecoded = false;
    try {
      const call = callOf(job, decompressor);
      isDecoded = call !== undefined && await job.library.tj3Decompress8Async(...call) === 0;
      return isDecoded ? use(imageOf(job, decompressor)) : undefined;
    } finally {
      giveBack(job, decompressor, isDecoded);
    }
  });
}

/** The same at once, on the calling thread; undefined also if images being decoded leave it no room. */
export function useJpegNow<T>(
  bytes: Uint8Array,
  settings: JpegSettings,
  use: (image: Decoded) => T,
): T | undefined {
  const job = jobOf(bytes, settings);
  if (job === undefined || !settings.budget.hasRoom(job.width * job.height)) return undefined;
  return decodeNow(job, use);
}

function jobOf(bytes: Uint8Array, settings: JpegSettings): Job | undefined {
  const { frame, precision, components, width, height, orientation } = jpegHeader(bytes);
  if (frame < 0xc0 || frame > 0xc2 || precision !== 8) return undefined;
  if (frame === PROGRESSIVE) checkScans(settings.name, bytes);
  checkClaim(settings.name, width, height, settings.maxPixels);
  if (orientation !== 1 || (components !== 1 && components !== 3)) return undefined;
  const library = turboLibrary();
  if (library === undefined) return undefined;
  return {
    ...{ library, bytes: bytes as Uint8Array<ArrayBuffer>, width, height },
    transform: settings.fast ? "fast" : "accurate",
    channels: components === 1 || (settings.fast && settings.grey) ? 1 : 3,
  };
}

function decodeNow<T>(job: Job, use: (image: Decoded) => T): T | undefined {
  const decompressor = takeDecompressor(job);
  let isDecoded = false;
  try {
    const call = callOf(job, decompressor);
    isDecoded = call !== undefined && job.library.tj3Decompress8(...call) === 0;
    return isDecoded ? use(imageOf(job, decompressor)) : undefined;
  } finally {
    giveBack(job, decompressor, isDecoded);
  }
}

/** What the library's function is called with; undefined if it reads another size than this project does. */
function callOf({ library, bytes, width, height, channels }: Job, { handle, room }: Decompressor) {
  const length = BigInt(bytes.length);
  if (
    library.tj3DecompressHeader(handle, bytes, length) !== 0 ||
    library.tj3Get(handle, turbo.jpegWidth) !== width ||
    library.tj3Get(handle, turbo.jpegHeight) !== height
  ) return undefined;
  const format = channels === 1 ? turbo.formatGrey : turbo.formatRgb;
  return [handle, bytes, length, room, 0, format] as const;
}

function imageOf({ width, height, channels }: Job, { room }: Decompressor): Decoded {
  return { width, height, channels, data: room };
}

/** One of the idle decompressors, or a new one, with room enough. */
function takeDecompressor({ library, transform, width, height, channels }: Job): Decompressor {
  const decompressor = idle[transform].pop() ?? newDecompressor(library, transform === "fast");
  const size = width * height * channels;
  if (decompressor.room.length < size) decompressor.room = new Uint8Array(size);
  return decompressor;
}

/** @param isDecoded whether it has decoded its image: after one that is cut off it may decode no other */
function giveBack(
  { library, transform }: Job,
  decompressor: Decompressor,
  isDecoded: boolean,
): void {
  if (!isDecoded) return library.tj3Destroy(decompressor.handle);
  if (decompressor.room.length > KEPT_ROOM) decompressor.room = new Uint8Array();
  idle[transform].push(decompressor);
}

function newDecompressor(library: TurboLibrary, fast: boolean): Decompressor {
  const handle = library.tj3Init(turbo.initDecompress);
  if (handle === null) throw new Error("libjpeg-turbo has no memory for a decompressor");
  library.tj3Set(handle, turbo.stopOnWarning, 1);
  library.tj3Set(handle, turbo.fastDct, fast ? 1 : 0);
  return { handle, room: new Uint8Array() };
}
