/**
 * The value in the middle, or the mean of the two in the middle. NaN counts as larger than any number.
 * @throws RangeError if there is no value
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no value to take the median of");
  const sorted = values.toSorted((a, b) =>
    a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  );
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
