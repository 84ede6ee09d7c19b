import type { ImageSource } from "../data/dataset.ts";
import { BadImage } from "./bad_image.ts";
import { decode, defaultDecodeSettings } from "./decode.ts";
import { type JpegSettings, useJpeg, useJpegNow } from "./decode_jpeg.ts";
import type { Decoded, DecodeSettings } from "./decoded_image.ts";
import { isJpeg } from "./jpeg_header.ts";
import {
  defaultPreprocessOptions,
  type PreprocessOptions,
  preprocessOptions,
} from "./preprocess_options.ts";
import { useSource } from "./read_image.ts";
import { shrink } from "./shrink.ts";

export { defaultPreprocessOptions, type PreprocessOptions, preprocessOptions };

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
  if (isJpeg(bytes)) {
    const jpeg = jpegSettings(options, name, settings);
    const pixels = await useJpeg(bytes, jpeg, (image) => shrink(image, options));
    if (pixels) return pixels;
  }
  const { maxPixels } = options;
  return shrink(await decode(bytes, name, { ...settings, maxPixels }), options);
}

/** `preprocessBytes` of a JPEG's file at once; undefined if it cannot be decoded so. */
export function preprocessJpegNow(
  bytes: Uint8Array,
  options: PreprocessOptions,
  name: string,
  settings: Omit<DecodeSettings, "maxPixels">,
): Uint8Array | undefined {
  return useJpegNow(
    bytes,
    jpegSettings(options, name, settings),
    (image) => shrink(image, options),
  );
}

function jpegSettings(
  { maxPixels, decoder, colour }: PreprocessOptions,
  name: string,
  settings: Omit<DecodeSettings, "maxPixels">,
): JpegSettings {
  return { ...settings, maxPixels, name, fast: decoder === "fast", grey: !colour };
}

/** @throws {BadImage} if an image in memory has no size, or not as many bytes as its size asks for */
export function checkedRaw(image: ImageSource & { kind: "raw" }, name: string): Decoded {
  const { width, height, channels, data } = image;
  const isSize = (side: number) => Number.isInteger(side) && side >= 1;
  if (!isSize(width) || !isSize(height) || !isSize(channels) || channels > 4) {
    throw new BadImage(
      name,
      `there is no image of ${width}×${height} pixels and ${channels} channel(s): width and height must ` +
        "be whole numbers of at least 1, and channels from 1 to 4",
    );
  }
  if (data.length === 0 || data.length !== width * height * channels) {
    throw new BadImage(
      name,
      `${data.length} bytes are no image of ${width}×${height} pixels and ${channels} ` +
        "channel(s); the archive is damaged, fetch it again",
    );
  }
  return image;
}
