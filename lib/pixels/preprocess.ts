import type { ImageSource } from "../data/dataset.ts";
import { BadImage } from "./bad_image.ts";
import { decode, defaultDecodeSettings } from "./decode.ts";
import { useJpeg } from "./decode_jpeg.ts";
import type { Decoded, DecodeSettings } from "./decoded_image.ts";
import { checkImageLimits, defaultImageLimits, type ImageLimits } from "./image_limits.ts";
import { isJpeg } from "./jpeg_header.ts";
import { useSource } from "./read_image.ts";
import { resizeAntialiased, resizeOpenCV } from "./resize.ts";

/** How an image of any size becomes a small grey one. */
export interface PreprocessOptions extends ImageLimits {
  /** Pixels a row of the result. */
  readonly width: number;
  /** Rows of the result. */
  readonly height: number;
  /**
   * "opencv": the paper's, OpenCV's luma and its bilinear resize, which does not antialias.
   * "antialiased": the same luma, a filter as wide as the shrinking asks for.
   */
  readonly filter: "opencv" | "antialiased";
  /**
   * What happens to images of other proportions than the result. "squash": the paper's, the whole image is
   * stretched to them. "crop": the largest part around the middle that has them is taken.
   */
  readonly framing: "squash" | "crop";
  /** Whether the three colours are kept, as three planes, instead of their luma. */
  readonly colour: boolean;
  /**
   * "exact": as OpenCV decodes. "fast": JPEGs by a quicker transform, most pixels within a few levels
   * of the exact ones; other formats as exactly as ever.
   */
  readonly decoder: "exact" | "fast";
}

/** The paper's preprocessing: 32×32 grey through OpenCV's conversions. */
export const defaultPreprocessOptions: PreprocessOptions = {
  width: 32,
  height: 32,
  filter: "opencv",
  framing: "squash",
  colour: false,
  decoder: "exact",
  ...defaultImageLimits,
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
  if (full.framing !== "squash" && full.framing !== "crop") {
    throw new RangeError(`framing must be "squash" or "crop", got ${String(full.framing)}`);
  }
  if (full.decoder !== "exact" && full.decoder !== "fast") {
    throw new RangeError(`decoder must be "exact" or "fast", got ${String(full.decoder)}`);
  }
  if (typeof full.colour !== "boolean") {
    throw new RangeError(`colour must be true or false, got ${String(full.colour)}`);
  }
  checkImageLimits(full);
  return full;
}

/**
 * Turns one image into grey or colour pixels of the asked size, whatever its proportions.
 *
 * @param name the image in error messages; a file's path by default
 * @returns (channels, height, width), 0–255
 * @throws {BadImage} when it is missing, damaged, cut short, too large or no image
 * @throws {RangeError} naming an option that has no sensible value
 */
export async function preprocess(
  source: ImageSource,
  options: Partial<PreprocessOptions> = {},
  name: string = source.kind === "file" ? source.path : "raw image",
): Promise<Uint8Array> {
  const full = preprocessOptions(options);
  return await useSource(
    source,
    name,
    full,
    (bytes) => preprocessBytes(bytes, source, full, name),
  );
}

/** `preprocess` of a source whose bytes have been read. */
export async function preprocessBytes(
  bytes: Uint8Array,
  source: ImageSource,
  options: PreprocessOptions,
  name: string,
  settings: Omit<DecodeSettings, "maxPixels"> = defaultDecodeSettings,
): Promise<Uint8Array> {
  if (source.kind === "raw") return shrink(checkedRaw(source, name), options);
  const { maxPixels, decoder, colour } = options;
  if (isJpeg(bytes)) {
    const jpeg = { ...settings, maxPixels, name, fast: decoder === "fast", grey: !colour };
    const pixels = await useJpeg(bytes, jpeg, (image) => shrink(image, options));
    if (pixels) return pixels;
  }
  return shrink(await decode(bytes, name, { ...settings, maxPixels }), options);
}

/** A decoded image in the size and the planes that the options ask for. */
function shrink(whole: Decoded, options: PreprocessOptions): Uint8Array {
  const { width, height, filter, framing, colour } = options;
  const image = framing === "crop" ? cropped(whole, width, height) : whole;
  const resize = filter === "opencv" ? resizeOpenCV : resizeAntialiased;
  if (!colour) return resize(image, width, height);
  const pixels = new Uint8Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    pixels.set(resize(channel(image, c), width, height), c * width * height);
  }
  return pixels;
}

/** The largest part around an image's middle with the proportions of `width` to `height`. */
function cropped(image: Decoded, width: number, height: number): Decoded {
  const { channels, data } = image;
  const scale = Math.min(image.width / width, image.height / height);
  const columns = Math.max(1, Math.round(scale * width));
  const rows = Math.max(1, Math.round(scale * height));
  if (columns >= image.width && rows >= image.height) return image;
  const left = Math.floor((image.width - columns) / 2) * channels;
  const top = Math.floor((image.height - rows) / 2), length = columns * channels;
  const part = new Uint8Array(rows * length);
  for (let y = 0; y < rows; y++) {
    const from = (top + y) * image.width * channels + left;
    part.set(data.subarray(from, from + length), y * length);
  }
  return { width: columns, height: rows, channels, data: part };
}

/** Red, green or blue of an image as a grey one; grey images have their grey in all three. */
function channel({ width, height, channels, data }: Decoded, index: number): Decoded {
  const plane = new Uint8Array(width * height);
  const from = channels >= 3 ? index : 0;
  for (let i = 0; i < plane.length; i++) plane[i] = data[i * channels + from]!;
  return { width, height, channels: 1, data: plane };
}

/** @throws {BadImage} if an image in memory has not as many bytes as its size asks for */
export function checkedRaw(image: ImageSource & { kind: "raw" }, name: string): Decoded {
  const { width, height, channels, data } = image;
  if (data.length === 0 || data.length !== width * height * channels) {
    throw new BadImage(
      name,
      `${data.length} bytes are no image of ${width}×${height} pixels and ${channels} ` +
        "channel(s); the archive is damaged, fetch it again",
    );
  }
  return image;
}
