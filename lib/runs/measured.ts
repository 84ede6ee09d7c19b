import { median } from "../metrics/median.ts";

/** A quantity that was measured several times. */
export interface Measured {
  /** Every measurement, in the order in which they were taken. */
  readonly values: readonly number[];
  /** The one in the middle. */
  readonly median: number;
  /** The lowest. */
  readonly low: number;
  /** The highest. */
  readonly high: number;
}

/**
 * Sums up measurements.
 * @throws RangeError if there is none
 */
export function measured(values: readonly number[]): Measured {
  return { values, median: median(values), low: Math.min(...values), high: Math.max(...values) };
}
