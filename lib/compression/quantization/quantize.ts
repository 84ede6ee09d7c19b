/**
 * Symmetric int8: a real number x is stored as the whole number q = round(x / scale), from −127 to 127.
 * Zero is exact, and −x has −q as its number, which is why −128 is not used (Jacob et al. 2018,
 * "Quantization and training of neural networks for efficient integer-arithmetic-only inference").
 */
import { describe } from "../../model/describe.ts";
import { firstNonFinite } from "../../model/finite.ts";
import type { SumGroups } from "./packed_int8.ts";

/** The largest magnitude of a stored number. */
export const INT8_MAX = 127;

/**
 * The largest sum of the stored weights of one sign in a group that the kernels add in 16 bits: times the
 * largest input, 255, it makes 32,640, and 16 bits hold 32,767.
 */
export const GROUP_SUM_MAX = 128;

/** `tensor` (per-tensor): one scale for an array; `channel` (per-channel): one for each filter or unit. */
export type Granularity = "tensor" | "channel";

/** A quantized array: the numbers in row r of `values` stand for values × scales[r]. */
export interface QuantizedArray {
  /** Sides of the array, the output channel first. */
  readonly shape: readonly number[];
  /** The quantized numbers, −127 to 127, row-major. */
  readonly values: Int8Array<ArrayBuffer>;
  /** One scale for each row, which is a filter or unit; per-tensor they are all the same. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Weights of a layer; their first dimension is the filters or units. */
export interface RealArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * The smallest scales with which the weights of each row (per-channel) or of all rows (per-tensor) fit
 * into int8, and the sums of their groups into 16 bits. A row of zeros gets its least scale, or 1.
 * @param rows filters or units
 * @param least no row's scale is below its own number here, which its bias needs
 * @throws RangeError naming a granularity that there is not
 */
export function weightScales(
  data: Float32Array,
  rows: number,
  granularity: Granularity,
  groups: SumGroups = [],
  least: readonly number[] = [],
): Float32Array<ArrayBuffer> {
  if (granularity !== "tensor" && granularity !== "channel") {
    throw new RangeError(`the granularity must be tensor or channel, got ${describe(granularity)}`);
  }
  const perRow = data.length / rows;
  const needed = Float32Array.from({ length: rows }, (_, i) => {
    const row = data.subarray(i * perRow, (i + 1) * perRow);
    const magnitude = row.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    const forInt8 = Math.max(magnitude / INT8_MAX, least[i] ?? 0);
    return groups.reduce((largest, group) => {
      const { above, below } = signedSums(row, group);
      // rounding adds at most a half to each stored weight
      return Math.max(largest, Math.max(above, below) / (GROUP_SUM_MAX - group.length / 2));
    }, forInt8);
  });
  if (granularity === "tensor") needed.fill(needed.reduce((a, b) => Math.max(a, b), 0));
  // a scale below the smallest normal number could become 0, and nothing can be divided by that
  return needed.map((scale) => scale === 0 ? 1 : Math.max(scale, 2 ** -126));
}

/** The sum of a group's positive numbers, and the sum of the magnitudes of its negative ones. */
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
 * @param groups indices of weights whose products are added in 16 bits; without groups the weights only
 * have to fit into int8
 * @param least see `weightScales`
 * @throws RangeError naming a number that is not finite
 */
export function quantizeWeights(
  array: RealArray,
  granularity: Granularity,
  groups: SumGroups = [],
  least: readonly number[] = [],
): QuantizedArray {
  checkFinite(array);
  const { shape, data } = array;
  const rows = shape[0] ?? 1, perRow = data.length / rows;
  const scales = weightScales(data, rows, granularity, groups, least);
  const values = Int8Array.from(
    data,
    (x, i) =>
      Math.max(-INT8_MAX, Math.min(INT8_MAX, Math.round(x / scales[Math.floor(i / perRow)]!))),
  );
  return { shape, values, scales };
}

/** @throws RangeError naming a weight that is NaN or infinite */
export function checkFinite({ data }: RealArray): void {
  const bad = firstNonFinite(data);
  if (bad >= 0) throw new RangeError(`weight ${bad} is ${data[bad]}, and int8 has no such number`);
}

/** The real numbers that quantized ones stand for. */
export function dequantize({ values, scales }: QuantizedArray): Float32Array<ArrayBuffer> {
  const perRow = values.length / scales.length;
  return Float32Array.from(values, (q, i) => q * scales[Math.floor(i / perRow)]!);
}
