import { refuseUnknown } from "../../util/refuse_unknown.ts";
import { Rng } from "../../util/rng.ts";
import type { SplitName } from "../dataset.ts";
import { species } from "./species.ts";

/** What a synthetic data set is made from. */
export interface SyntheticOptions {
  /** Training images in all; each class gets its share, a little more or less. */
  readonly train: number;
  /** Images of each class in the validation and in the test list. */
  readonly heldOut: number;
  /** Decides every image; an integer. */
  readonly seed: number;
}

/** The paper's size: 63,325 training images, 737 to 1,282 a class. */
export const fullSize = 63_325;

/** A size that trains in a few minutes. */
export const defaultOptions: SyntheticOptions = { train: 6_000, heldOut: 9, seed: 1 };

/** One image to be drawn. */
export interface PlannedImage {
  readonly split: SplitName;
  readonly label: number;
  /** Relative path, and the name of the image's random stream. */
  readonly path: string;
  readonly format: "jpg" | "png";
}

/** Folder of a class. */
export function classFolder(label: number): string {
  return `s${String(label).padStart(2, "0")}_${species[label]!.name.replace(" ", "_")}`;
}

/** @throws {RangeError} naming an option that is unknown or has no sensible value */
export function checkSyntheticOptions(options: SyntheticOptions): void {
  refuseUnknown("a synthetic data set", options, defaultOptions);
  const { train, heldOut, seed } = options;
  const least = [["train", train, species.length], ["heldOut", heldOut, 1]] as const;
  for (const [name, value, number] of least) {
    if (!Number.isInteger(value) || value < number) {
      throw new RangeError(`${name} must be a whole number of at least ${number}, got ${value}`);
    }
  }
  new Rng(seed); // it refuses what is no integer
}

/** Every image of a data set, sorted by split and class as the paper's lists are. */
export function plan(options: SyntheticOptions): PlannedImage[] {
  checkSyntheticOptions(options);
  const { train, heldOut, seed } = options;
  const classes = species.length;
  const counts = classCounts(train, new Rng(seed).fork("counts"));
  const images: PlannedImage[] = [];
  for (const split of ["train", "val", "test"] as const) {
    for (let label = 0; label < classes; label++) {
      const count = split === "train" ? counts[label]! : heldOut;
      for (let i = 0; i < count; i++) {
        const rng = new Rng(seed).fork(`format ${split} ${label} ${i}`);
        const format = rng.uniform() < 0.1 ? "png" : "jpg";
        const name = `${split}_${String(i).padStart(4, "0")}.${format === "png" ? "png" : "JPEG"}`;
        images.push({ split, label, path: `images/${classFolder(label)}/${name}`, format });
      }
    }
  }
  return images;
}

/** Class sizes that vary as the paper's do, ±22 % about the mean, and sum to `total`. */
function classCounts(total: number, rng: Rng): number[] {
  const shares = species.map(() => rng.uniform(0.8, 1.2));
  const sum = shares.reduce((a, b) => a + b);
  const counts = shares.map((share) => Math.max(1, Math.floor(total * share / sum)));
  for (let left = total - counts.reduce((a, b) => a + b), i = 0; left > 0; left--, i++) {
    counts[i % counts.length]!++;
  }
  return counts;
}
