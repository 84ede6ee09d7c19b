import { Rng } from "../util/rng.ts";
import { DataError } from "./data_error.ts";

/**
 * Sets some training images aside for validation, where a layout has none of its own: of each class
 * the same share, drawn with a fixed seed, at least one where the class has two.
 * @returns positions of the two parts, each in its old order
 */
export function holdOut(
  labels: ArrayLike<number>,
  share: number,
): { readonly train: number[]; readonly val: number[] } {
  if (!(share > 0 && share < 1)) throw new RangeError(`share must be in (0, 1), got ${share}`);
  const all = Array.from({ length: labels.length }, (_, i) => i);
  const byClass = Map.groupBy(all, (i) => labels[i]!);
  const chosen = new Set<number>();
  for (const [label, positions] of byClass) {
    if (positions.length < 2) continue;
    const count = Math.max(1, Math.round(share * positions.length));
    for (const at of new Rng(0).fork(`val ${label}`).shuffle([...positions]).slice(0, count)) {
      chosen.add(at);
    }
  }
  return { train: all.filter((i) => !chosen.has(i)), val: all.filter((i) => chosen.has(i)) };
}

/** A tenth of the training images, but not more than there are test images. */
function valShare(trainImages: number, testImages: number): number {
  return Math.min(0.1, testImages / (trainImages + 1));
}

/**
 * `holdOut` of a tenth of the training images, at most as many as there are test images.
 * @throws {DataError} naming the folder if no class has two images, so that none can be set aside
 */
export function holdOutTraining(
  root: string,
  labels: ArrayLike<number>,
  testImages: number,
): { readonly train: number[]; readonly val: number[] } {
  const held = holdOut(labels, valShare(labels.length, testImages));
  if (held.val.length === 0) {
    throw new DataError(`${root} has too few images to set some aside as val`);
  }
  return held;
}
