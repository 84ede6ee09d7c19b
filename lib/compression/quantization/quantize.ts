/**
 * Symmetric int8: a real number x is stored as the whole number q = round(x / scale) in −127 … 127, so
 * that zero is exact and −q is as good as q (Jacob et al. 2018, "Quantization and training of neural
 * networks for efficient integer-arithmetic-only inference"; −128 is left out).
 */
import type { SumGroups } from "./packed_int8.ts";

/** Largest magnitude of a stored number. */
export const INT8_MAX = 127;

/**
 * What the stored weights of one sign in a group may add up to: times the largest input, 255, that is
 * 32,640, and 16 bits hold 32,767.
 */
export const GROUP_SUM_MAX = 128;

/** One scale for a whole array, or one for each filter or unit. */
export type Granularity = "tensor" | "channel";

/** A quantized array: row r of `values` stands for values × scales[r]. */
export interface QuantizedArray {
  readonly shape: readonly number[];
  readonly values: Int8Array<ArrayBuffer>;
  /** One a row (a filter or unit); all the same for granularity "tensor". */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Weights, rows (filters or units) first. */
export interface RealArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Scales that let the largest magnitude of each row, or of all rows, just fit, and its groups too.
 * A row of zeros gets scale 1.
 */
export function weightScales(
  data: Float32Array,
  rows: number,
  granularity: Granularity,
  groups: SumGroups = [],
): Float32Array<ArrayBuffer> {
  const each = data.length / rows;
  const needed = Float32Array.from({ length: rows }, (_, i) => {
    const row = data.subarray(i * each, (i + 1) * each);
    const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / INT8_MAX;
    return groups.reduce((most, group) => {
      const { above, below } = signedSums(row, group);
      // rounding adds at most a half to each weight
      return Math.max(most, Math.max(above, below) / (GROUP_SUM_MAX - group.length / 2));
    }, largest);
  });
  if (granularity === "tensor") needed.fill(needed.reduce((a, b) => Math.max(a, b), 0));
  // not below the smallest normal number: a scale of 0 would lose what it divides
  return needed.map((scale) => scale === 0 ? 1 : Math.max(scale, 2 ** -126));
}

/** Sums of a group's positive numbers and of its negative ones, the latter without sign. */
export function signedSums(
  row: ArrayLike<number>,
  group: readonly number[],
): { readonly above: number; readonly below: number } {
  let above = 0, below = 0;
  for (const tap of group) {
    const x = row[tap]!;
    if (x > 0) above += x;
    else below -= x;
  }
  return { above, below };
}

/**
 * Quantizes weights, each to the nearest number.
 * @param groups weights that share a sum of 16 bits; without them only int8 bounds the numbers
 * @throws RangeError naming a number that is not finite
 */
export function quantizeWeights(
  array: RealArray,
  granularity: Granularity,
  groups: SumGroups = [],
): QuantizedArray {
  checkFinite(array);
  const { shape, data } = array;
  const rows = shape[0] ?? 1, each = data.length / rows;
  const scales = weightScales(data, rows, granularity, groups);
  const values = Int8Array.from(
    data,
    (x, i) =>
      Math.max(-INT8_MAX, Math.min(INT8_MAX, Math.round(x / scales[Math.floor(i / each)]!))),
  );
  return { shape, values, scales };
}

/** @throws RangeError naming a number that is not finite */
export function checkFinite({ data }: RealArray): void {
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new RangeError(`weight ${bad} is ${data[bad]}, which has no int8`);
}

/** The real numbers that quantized ones stand for. */
export function dequantize({ values, scales }: QuantizedArray): Float32Array<ArrayBuffer> {
  const each = values.length / scales.length;
  return Float32Array.from(values, (q, i) => q * scales[Math.floor(i / each)]!);
}
