/**
 * Symmetric int8: a real number x is stored as the whole number q = round(x / scale) in −127 … 127, so
 * that zero is exact and −q is as good as q (Jacob et al. 2018, "Quantization and training of neural
 * networks for efficient integer-arithmetic-only inference"; −128 is left out).
 */

/** Largest magnitude of a stored number. */
export const LIMIT = 127;

/** One scale for a whole array, or one for each filter or unit. */
export type Granularity = "tensor" | "channel";

/** A quantized array: row r of `values` stands for values × scales[r]. */
export interface QuantizedArray {
  readonly shape: readonly number[];
  readonly values: Int8Array<ArrayBuffer>;
  /** One a row (a filter or unit); all the same for granularity "tensor". */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Scales that let the largest magnitude of each row, or of all rows, just fit.
 * A row of zeros gets scale 1.
 */
export function weightScales(
  data: Float32Array,
  rows: number,
  granularity: Granularity,
): Float32Array<ArrayBuffer> {
  const each = data.length / rows;
  const largest = Float32Array.from(
    { length: rows },
    (_, row) =>
      data.subarray(row * each, (row + 1) * each)
        .reduce((most, x) => Math.max(most, Math.abs(x)), 0),
  );
  if (granularity === "tensor") largest.fill(largest.reduce((a, b) => Math.max(a, b), 0));
  // not below the smallest normal number: a scale of 0 would lose what it divides
  return largest.map((most) => most === 0 ? 1 : Math.max(most / LIMIT, 2 ** -126));
}

/**
 * Quantizes weights (rows first: filters or units).
 * @throws RangeError naming a number that is not finite
 */
export function quantizeWeights(
  { shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array },
  granularity: Granularity,
): QuantizedArray {
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new RangeError(`weight ${bad} is ${data[bad]}, which has no int8`);
  const rows = shape[0] ?? 1, each = data.length / rows;
  const scales = weightScales(data, rows, granularity);
  const values = Int8Array.from(
    data,
    (x, i) => clamp(Math.round(x / scales[Math.floor(i / each)]!)),
  );
  return { shape, values, scales };
}

/** The real numbers that quantized ones stand for. */
export function dequantize({ values, scales }: QuantizedArray): Float32Array<ArrayBuffer> {
  const each = values.length / scales.length;
  return Float32Array.from(values, (q, i) => q * scales[Math.floor(i / each)]!);
}

function clamp(q: number): number {
  return Math.max(-LIMIT, Math.min(LIMIT, q));
}
