/**
 * Rounding with error compensation. Weights are rounded one after the other, and the rounding error of
 * each is made up for by moving the weights of its row that are not rounded yet. How far each of them moves
 * depends on how the layer's inputs vary together, so that the layer's outputs change as little as
 * possible (optimal brain surgeon, Hassibi & Stork 1993; row by row as in GPTQ, Frantar et al. 2022). The
 * logits have at most half of the error that rounding to the nearest number leaves.
 */
import { cholesky, invertPositive } from "../../util/cholesky.ts";
import type { InputMoments } from "./input_moments.ts";
import {
  checkFinite,
  type Granularity,
  GROUP_SUM_MAX,
  INT8_MAX,
  type QuantizedArray,
  type RealArray,
  weightScales,
} from "./quantize.ts";
import type { SumGroups } from "./packed_int8.ts";

/**
 * Factors on the scale with which every weight fits. A smaller scale has finer steps, but cuts off the
 * largest weights; each row takes the factor with the smallest error.
 */
const SCALE_FACTORS = [1, 0.9, 0.8, 0.7, 0.6];

/**
 * The part of the mean variance that is added to the variance of each input, so that the covariance can be
 * inverted also where an input never varies.
 */
const RIDGE = 0.01;

/** Rounded weights, and what must be added to each row's bias so that its mean output stays. */
export interface Compensated extends QuantizedArray {
  readonly biasShift: Float64Array;
}

/**
 * Quantizes weights with error compensation.
 * @param moments of the layer's inputs: one input for each weight of a row
 * @param keepZeros whether weights that are zero, because they were pruned, stay so
 * @param least see `weightScales`; a row that rounds better so may have 0.6 of it
 * @throws RangeError naming a weight that is NaN or infinite
 */
export function quantizeCompensated(
  array: RealArray,
  granularity: Granularity,
  groups: SumGroups,
  moments: InputMoments,
  keepZeros = false,
  least: readonly number[] = [],
): Compensated {
  checkFinite(array);
  const { shape, data } = array;
  const rows = shape[0] ?? 1, perRow = data.length / rows;
  const spread = spreading(moments);
  const rounding = new RowRounding(spread, groups, perRow, keepZeros);
  const widest = weightScales(data, rows, granularity, groups, least);
  const row = (r: number) => data.subarray(r * perRow, (r + 1) * perRow);
  const errors = SCALE_FACTORS.map((factor) =>
    Float64Array.from(widest, (scale, r) => rounding.run(row(r), Math.fround(factor * scale)))
  );
  const sums = errors.map((list) => list.reduce((a, b) => a + b, 0));
  const scales = widest.map((scale, r) => {
    const given = granularity === "tensor" ? sums : errors.map((list) => list[r]!);
    return scale * SCALE_FACTORS[given.indexOf(Math.min(...given))]!;
  });
  const values = new Int8Array(data.length);
  const biasShift = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    rounding.run(row(r), scales[r]!);
    values.set(rounding.values, r * perRow);
    for (let i = 0; i < perRow; i++) {
      biasShift[r]! += (row(r)[i]! - rounding.values[i]! * scales[r]!) * moments.mean[i]!;
    }
  }
  return { shape, values, scales, biasShift };
}

/** Rounds one row after the other in the same buffers. */
class RowRounding {
  readonly values: Int8Array;
  /** The weights as the errors of those before them have moved them. */
  readonly #moved: Float64Array;
  readonly #groupOf: Int32Array;
  readonly #groupMax: number;
  /** What each group may still gain above and below zero. */
  readonly #room: { readonly above: Float64Array; readonly below: Float64Array };

  constructor(
    readonly spread: Float64Array,
    groups: SumGroups,
    readonly length: number,
    readonly keepZeros: boolean,
  ) {
    this.values = new Int8Array(length);
    this.#moved = new Float64Array(length);
    this.#groupOf = new Int32Array(length);
    groups.forEach((group, i) => group.forEach((tap) => this.#groupOf[tap] = i));
    const count = Math.max(1, groups.length);
    this.#groupMax = groups.length > 0 ? GROUP_SUM_MAX : Infinity;
    this.#room = { above: new Float64Array(count), below: new Float64Array(count) };
  }

  /**
   * Rounds a row into `values`.
   * @returns the mean square error of the row's output
   */
  run(row: Float32Array, scale: number): number {
    const { values, length, spread, keepZeros } = this;
    const moved = this.#moved, { above, below } = this.#room;
    moved.set(row);
    above.fill(this.#groupMax);
    below.fill(this.#groupMax);
    let error = 0;
    for (let i = 0; i < length; i++) {
      const group = this.#groupOf[i]!;
      const high = Math.min(INT8_MAX, above[group]!), low = -Math.min(INT8_MAX, below[group]!);
      const isPruned = keepZeros && row[i] === 0;
      const q = isPruned ? 0 : Math.max(low, Math.min(high, Math.round(moved[i]! / scale)));
      values[i] = q;
      if (q > 0) above[group]! -= q;
      else below[group]! += q;
      const miss = (moved[i]! - q * scale) / spread[i * length + i]!;
      error += miss * miss;
      for (let j = i + 1; j < length; j++) moved[j]! -= miss * spread[i * length + j]!;
    }
    return error;
  }
}

/**
 * How a rounding error is spread over later weights: the upper triangle U whose UᵀU is the inverse of the
 * covariance of the inputs.
 */
function spreading({ covariance, length }: InputMoments): Float64Array {
  let trace = 0;
  for (let i = 0; i < length; i++) trace += covariance[i * length + i]!;
  const ridged = covariance.slice();
  for (let i = 0; i < length; i++) ridged[i * length + i]! += RIDGE * trace / length || 1;
  const lower = cholesky(invertPositive(ridged, length), length);
  const upper = new Float64Array(length * length);
  for (let i = 0; i < length; i++) {
    for (let j = 0; j <= i; j++) upper[j * length + i] = lower[i * length + j]!;
  }
  return upper;
}
