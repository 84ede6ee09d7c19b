/** A mean over several trainings, with its 95 % interval. */
export interface SeedMean {
  /** The mean. */
  readonly value: number;
  /** From the lower to the upper end. */
  readonly interval: readonly [number, number];
  /** How many trainings there are. */
  readonly seeds: number;
}

/**
 * Mean accuracy of trainings that differ in their seed, all measured on the same images. The interval
 * adds the variance from the images to the variance from the seeds: 1.96·√(p(1 − p)/n + s²/k), with n
 * images, k seeds and the seeds' variance s².
 * @throws RangeError if there is no accuracy or no image
 */
export function seedMean(accuracies: readonly number[], images: number): SeedMean {
  const seeds = accuracies.length;
  if (seeds === 0) throw new RangeError("the mean of no accuracy was asked for");
  if (!(images >= 1)) throw new RangeError(`images must be at least 1, got ${images}`);
  const value = accuracies.reduce((sum, p) => sum + p, 0) / seeds;
  const variance = seeds === 1
    ? 0
    : accuracies.reduce((sum, p) => sum + (p - value) ** 2, 0) / (seeds - 1);
  const half = 1.959963984540054 * Math.sqrt(value * (1 - value) / images + variance / seeds);
  return { value, interval: [Math.max(0, value - half), Math.min(1, value + half)], seeds };
}
