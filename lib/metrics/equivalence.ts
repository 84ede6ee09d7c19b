import { meanInterval, studentTail, tQuantile } from "./student.ts";

/** Whether a mean difference is as good as none. */
export interface Equivalence {
  /** The mean difference. */
  readonly value: number;
  /** Its 90 % interval: the two are equivalent at 5 % if it lies within the margin. */
  readonly interval: readonly [number, number];
  /** How large a difference counts as none. */
  readonly margin: number;
  /** The larger of the two one-sided p-values. Below 0.05 the two are equivalent within the margin. */
  readonly p: number;
  /** How many pairs there are. */
  readonly pairs: number;
}

/**
 * Two one-sided t tests of paired differences (Schuirmann 1987): that the mean difference is above −margin,
 * and that it is below margin. Unlike a test that finds no difference, it says that there is none of
 * that size, and few data make it fail, not pass.
 * @param differences one for each pair, in the margin's unit; at least two
 * @param margin chosen before the data are seen, above 0
 * @throws RangeError if there are fewer than two differences, one is not finite, or the margin is not above 0
 */
export function equivalence(differences: readonly number[], margin: number): Equivalence {
  const pairs = differences.length;
  if (pairs < 2) throw new RangeError(`equivalence needs at least two pairs, got ${pairs}`);
  if (!(margin > 0)) throw new RangeError(`the margin must be above 0, got ${margin}`);
  const bad = differences.find((x) => !Number.isFinite(x));
  if (bad !== undefined) throw new RangeError(`a difference must be finite, got ${bad}`);
  const { value, error } = meanInterval(differences);
  const half = tQuantile(pairs - 1, 0.9) * error;
  const p = error === 0 ? Number(Math.abs(value) >= margin) : Math.max(
    studentTail((value + margin) / error, pairs - 1),
    studentTail((margin - value) / error, pairs - 1),
  );
  return { value, interval: [value - half, value + half], margin, p, pairs };
}
