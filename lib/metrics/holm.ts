/**
 * Holm's correction for a family of tests (Holm 1979): the p-values are sorted, the k-th smallest of n
 * is multiplied by n − k + 1, and none may be smaller than one before it. Whoever rejects where the
 * result is below 0.05 errs with a chance of at most 5 % in the whole family.
 * @param ps p-values in [0, 1]
 * @returns the corrected ones, in the order given
 * @throws RangeError naming a number that is no probability
 */
export function holm(ps: readonly number[]): number[] {
  const bad = ps.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`a p-value must be in [0, 1], got ${bad}`);
  const order = Array.from(ps.keys()).sort((a, b) => ps[a]! - ps[b]!);
  const corrected = new Array<number>(ps.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, ps[index]! * (ps.length - rank)));
    corrected[index] = least;
  });
  return corrected;
}
