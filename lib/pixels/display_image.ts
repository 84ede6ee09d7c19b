import type { ImageSource } from "../data/dataset.ts";
import { decode, loadSharp } from "./decode.ts";
import type { Decoded } from "./decoded_image.ts";
import { checkImageLimits, defaultImageLimits, type ImageLimits } from "./image_limits.ts";
import { checkedRaw } from "./preprocess.ts";
import { useSource } from "./read_image.ts";

/** An image made small enough to be shown in a page. */
export interface DisplayImage {
  /** Columns of the whole image, turned by its EXIF orientation as `preprocess` turns it. */
  readonly width: number;
  /** Rows of the whole image. */
  readonly height: number;
  /** A JPEG that fits into the square that was asked for, its proportions kept, alpha left out. */
  readonly jpeg: Uint8Array;
}

/**
 * Opens an image to be shown beside its preprocessed pixels. It goes through the same checks and the
 * same decoder, so that what is shown is what the networks see.
 *
 * @param side of the square that the JPEG fits into, in pixels; smaller images are enlarged
 * @param name the image in error messages; a file's path by default
 * @throws {BadImage} when it is missing, damaged, cut short, too large or no image
 * @throws {RangeError} if `side` or a limit has no sensible value
 */
export async function displayImage(
  source: ImageSource,
  side: number,
  name: string = source.kind === "file" ? source.path : "raw image",
  limits: ImageLimits = defaultImageLimits,
): Promise<DisplayImage> {
  if (!Number.isInteger(side) || side < 1 || side > 4096) {
    throw new RangeError(`side must be an integer from 1 to 4096, got ${side}`);
  }
  checkImageLimits(limits);
  const { width, height, channels, data } = await useSource(source, name, limits, openImage);
  const sharp = await loadSharp();
  const raw = { width, height, channels: channels as 1 | 2 | 3 | 4 };
  const jpeg = await sharp(data, { raw, limitInputPixels: false })
    .resize(side, side, { fit: "inside" }).removeAlpha().jpeg({ quality: 80 }).toBuffer();
  return { width, height, jpeg };

  async function openImage(bytes: Uint8Array): Promise<Decoded> {
    return source.kind === "raw" ? checkedRaw(source, name) : await decode(bytes, name, limits);
  }
}
