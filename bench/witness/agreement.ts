/** For how long two trainings that should be the same are the same, and how far apart they end. */
import { median } from "../../lib/metrics/median.ts";

type Losses = readonly (number | null)[];

/** Two trainings step by step. */
export interface Agreement {
  /** Steps of the training. */
  readonly steps: number;
  /** Steps before the first whose losses differ by more than the tolerance; `steps` if none does. */
  readonly together: number;
  /** Median of the differences over all steps. */
  readonly median: number;
  /** Largest difference over all steps; infinite if one is a number where the other is none. */
  readonly largest: number;
}

/**
 * Difference of two losses: absolute up to a loss of 1, relative to the second above it. Two that are no
 * numbers are the same.
 */
export function lossDifference(one: number | null, other: number | null): number {
  if (one === null || other === null) return one === other ? 0 : Infinity;
  return Math.abs(one - other) / Math.max(1, Math.abs(other));
}

/**
 * Compares the losses of two trainings.
 * @param tolerance largest `lossDifference` of losses that count as the same
 * @throws RangeError if they have not the same number of steps
 */
export function agreement(ours: Losses, theirs: Losses, tolerance: number): Agreement {
  if (ours.length !== theirs.length || ours.length === 0) {
    throw new RangeError(`${ours.length} steps cannot be compared with ${theirs.length}`);
  }
  const differences = ours.map((loss, i) => lossDifference(loss, theirs[i]!));
  const first = differences.findIndex((difference) => difference > tolerance);
  return {
    steps: ours.length,
    together: first < 0 ? ours.length : first,
    median: median(differences),
    largest: Math.max(...differences),
  };
}
