import { PackedPixels } from "../pixels/packed.ts";
import type { PixelSet } from "../pixels/pixels.ts";

/** The same images in the order of their labels, as the paper's train.txt lists them. */
export function sortByClass(set: PixelSet): PixelSet {
  const order = Array.from(set.labels.keys());
  order.sort((a, b) => set.labels[a]! - set.labels[b]!);
  const size = set.channels * set.height * set.width;
  const pixels = new Uint8Array(set.pixels.length);
  order.forEach((from, to) => pixels.set(set.get(from), to * size));
  const labels = Int32Array.from(order, (i) => set.labels[i]!);
  return new PackedPixels(pixels, labels, set.channels, set.height, set.width, set.key);
}
