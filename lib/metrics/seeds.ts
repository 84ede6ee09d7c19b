import { meanInterval } from "./student.ts";
import { wilsonInterval } from "./wilson.ts";

/** A mean over several trainings, with its 95 % interval. */
export interface SeedMean {
  /** The mean. */
  readonly value: number;
  /** The lower and the upper end. */
  readonly interval: readonly [number, number];
  /** How many trainings there are. */
  readonly seeds: number;
}

/**
 * Mean accuracy of trainings that differ in their seed, all measured on the same images. The interval
 * holds the uncertainty from the images, after Wilson, and that from the seeds, after Student with as many
 * degrees of freedom as there are further seeds; the two are joined at each end by the root of the sum of
 * their squares (Zou and Donner 2008). One seed says nothing of other seeds: then the interval is about
 * the images alone.
 * @param accuracies shares in [0, 1], not per cent
 * @throws RangeError if there is no accuracy, or one outside [0, 1], or no image
 */
export function seedMean(accuracies: readonly number[], images: number): SeedMean {
  const seeds = accuracies.length;
  if (seeds === 0) throw new RangeError("the mean of no accuracy was asked for");
  const bad = accuracies.find((share) => !(share >= 0 && share <= 1));
  if (bad !== undefined) throw new RangeError(`an accuracy must be in [0, 1], got ${bad}`);
  const { value, interval } = meanInterval(accuracies);
  const bySeeds = seeds === 1 ? 0 : value - interval[0];
  const [low, high] = wilsonInterval(value, images);
  return {
    value,
    interval: [
      Math.max(0, value - Math.hypot(value - low, bySeeds)),
      Math.min(1, value + Math.hypot(high - value, bySeeds)),
    ],
    seeds,
  };
}
