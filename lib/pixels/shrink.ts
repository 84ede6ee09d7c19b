import type { Decoded } from "./decoded_image.ts";
import type { PreprocessOptions } from "./preprocess_options.ts";
import { resizeAntialiased, resizeOpenCV } from "./resize.ts";

/** A decoded image in the size and the planes that the options ask for. */
export function shrink(
  whole: Decoded,
  options: Pick<PreprocessOptions, "width" | "height" | "filter" | "framing" | "colour">,
): Uint8Array {
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
