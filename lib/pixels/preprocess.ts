import type { ImageSource } from "../data/dataset.ts";
import { decode, isJpeg } from "./decode.ts";
import type { Decoded } from "./decoded_image.ts";
import { useJpegFast } from "./jpeg.ts";
import { resizeAntialiased, resizeOpenCV } from "./resize.ts";

/** How an image of any size becomes a small grey one. */
export interface PreprocessOptions {
  /** Pixels a row of the result. */
  readonly width: number;
  /** Rows of the result. */
  readonly height: number;
  /**
   * "opencv": the report's, OpenCV's luma and its bilinear resize, which does not antialias.
   * "antialiased": the same luma, a filter as wide as the shrinking asks for.
   */
  readonly filter: "opencv" | "antialiased";
  /** Whether the three colours are kept, as three planes, instead of their luma. */
  readonly colour: boolean;
  /**
   * "exact": as OpenCV decodes. "fast": JPEGs up to a few levels from that, several times as fast;
   * other formats as exactly as ever.
   */
  readonly decoder: "exact" | "fast";
}

/** The report's preprocessing: 32×32 grey through OpenCV's conversions. */
export const defaultPreprocessOptions: PreprocessOptions = {
  width: 32,
  height: 32,
  filter: "opencv",
  colour: false,
  decoder: "exact",
};

/**
 * The options with the defaults filled in.
 * @throws {RangeError} naming the option that has no sensible value
 */
export function preprocessOptions(options: Partial<PreprocessOptions> = {}): PreprocessOptions {
  const full = { ...defaultPreprocessOptions, ...options };
  for (const side of ["width", "height"] as const) {
    if (!Number.isInteger(full[side]) || full[side] < 1 || full[side] > 4096) {
      throw new RangeError(`${side} must be an integer from 1 to 4096, got ${full[side]}`);
    }
  }
  if (full.filter !== "opencv" && full.filter !== "antialiased") {
    throw new RangeError(`filter must be "opencv" or "antialiased", got ${String(full.filter)}`);
  }
  if (full.decoder !== "exact" && full.decoder !== "fast") {
    throw new RangeError(`decoder must be "exact" or "fast", got ${String(full.decoder)}`);
  }
  if (typeof full.colour !== "boolean") {
    throw new RangeError(`colour must be true or false, got ${String(full.colour)}`);
  }
  return full;
}

/**
 * Turns one image into grey or colour pixels of the asked size, whatever its proportions.
 *
 * @param name the image in error messages; a file's path by default
 * @returns (channels, height, width), 0–255
 * @throws {Error} naming the image, when it is missing, damaged, cut short or no image
 */
export async function preprocess(
  source: ImageSource,
  options: Partial<PreprocessOptions> = {},
  name: string = source.kind === "file" ? source.path : "raw image",
): Promise<Uint8Array> {
  return await preprocessBytes(await readSource(source, name), source, options, name);
}

/**
 * The bytes an image is made of: its file, or its raw pixels.
 * @throws {Error} naming the image, when its file cannot be read
 */
export async function readSource(source: ImageSource, name: string): Promise<Uint8Array> {
  if (source.kind === "raw") return source.data;
  try {
    return await Deno.readFile(source.path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file; unpack the data set again or take the image out of its list"
      : `it cannot be read (${(error as Error).message})`;
    throw new Error(`${name}: ${reason} (${source.path})`, { cause: error });
  }
}

/** `preprocess` of a source whose bytes have been read. */
export async function preprocessBytes(
  bytes: Uint8Array,
  source: ImageSource,
  options: Partial<PreprocessOptions>,
  name: string,
): Promise<Uint8Array> {
  const full = preprocessOptions(options);
  if (source.kind === "raw") return shrink(checkedRaw(source, name), full);
  if (full.decoder === "fast" && isJpeg(bytes)) {
    const pixels = await useJpegFast(bytes, !full.colour, (image) => shrink(image, full));
    if (pixels) return pixels;
  }
  return shrink(await decode(bytes, name), full);
}

/** A decoded image in the size and the planes that the options ask for. */
function shrink(image: Decoded, { width, height, filter, colour }: PreprocessOptions): Uint8Array {
  const resize = filter === "opencv" ? resizeOpenCV : resizeAntialiased;
  if (!colour) return resize(image, width, height);
  const pixels = new Uint8Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    pixels.set(resize(channel(image, c), width, height), c * width * height);
  }
  return pixels;
}

/** Red, green or blue of an image as a grey one; grey images have their grey in all three. */
function channel({ width, height, channels, data }: Decoded, index: number): Decoded {
  const plane = new Uint8Array(width * height);
  const from = channels >= 3 ? index : 0;
  for (let i = 0; i < plane.length; i++) plane[i] = data[i * channels + from]!;
  return { width, height, channels: 1, data: plane };
}

function checkedRaw(image: ImageSource & { kind: "raw" }, name: string): Decoded {
  const { width, height, channels, data } = image;
  if (data.length === 0 || data.length !== width * height * channels) {
    throw new Error(
      `${name}: ${data.length} bytes are no image of ${width}×${height} pixels and ${channels} ` +
        "channel(s); the archive is damaged, fetch it again",
    );
  }
  return image;
}
