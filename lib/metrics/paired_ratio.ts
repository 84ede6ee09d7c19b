import { type MeanInterval, meanInterval } from "./student.ts";

/** A geometric mean of ratios, with its 95 % interval. */
export type PairedRatio = Omit<MeanInterval, "error">;

/**
 * How many times as large values are as others that were measured beside them: the geometric mean of
 * the ratios, with Student's 95 % interval of their logarithms. Whatever changes both of a pair, a slow
 * moment of the machine, say, leaves the ratio as it is.
 * @throws RangeError if the lists differ in length, or hold no value or one that is not above 0
 */
export function pairedRatio(
  values: readonly number[],
  beside: readonly number[],
): PairedRatio {
  if (values.length !== beside.length) {
    throw new RangeError(`${values.length} values cannot be paired with ${beside.length}`);
  }
  const bad = [...values, ...beside].find((x) => !(x > 0 && Number.isFinite(x)));
  if (bad !== undefined) throw new RangeError(`a ratio needs numbers above 0, got ${bad}`);
  const { value, interval, count } = meanInterval(values.map((x, i) => Math.log(x / beside[i]!)));
  return {
    value: Math.exp(value),
    interval: [Math.exp(interval[0]), Math.exp(interval[1])],
    count,
  };
}
