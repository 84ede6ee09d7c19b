import { holdOut } from "../data/holdout.ts";
import { PackedPixels } from "../pixels/packed.ts";
import type { PixelSet } from "../pixels/pixels.ts";
import type { RunData } from "./run.ts";

/** Part of the training images of each class that a search does not train on, but chooses by. */
const HELD_OUT = 0.1;

/**
 * The images of a search. A tenth of each class's training images is held out and joins the validation
 * images, because choices on a few hundred images would be choices of noise. The test images are not there:
 * where a run asks for them, it finds the validation images.
 */
export function searchData({ train, val, teacher }: RunData): RunData {
  const { train: kept, val: held } = holdOut(train.labels, HELD_OUT);
  const split = (from: Pick<RunData, "train" | "val">) => {
    const chosenBy = joined(chosen(from.train, held), from.val);
    return { train: chosen(from.train, kept), val: chosenBy, test: chosenBy };
  };
  return { ...split({ train, val }), ...teacher && { teacher: split(teacher) } };
}

/** The images at some positions. */
function chosen(set: PixelSet, positions: readonly number[]): PixelSet {
  const { channels, height, width, labels, key } = set;
  const size = channels * height * width;
  const pixels = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => pixels.set(set.get(position), i * size));
  const own = Int32Array.from(positions, (position) => labels[position]!);
  const digest = positions.reduce((sum, position) => (31 * sum + position + 1) % 2 ** 31, 7);
  const name = `${key} ${positions.length} of them ${digest}`;
  return new PackedPixels(pixels, own, channels, height, width, name);
}

function joined(a: PixelSet, b: PixelSet): PixelSet {
  const pixels = new Uint8Array(a.pixels.length + b.pixels.length);
  pixels.set(a.pixels);
  pixels.set(b.pixels, a.pixels.length);
  const labels = Int32Array.from([...a.labels, ...b.labels]);
  return new PackedPixels(pixels, labels, a.channels, a.height, a.width, `${a.key} and ${b.key}`);
}
