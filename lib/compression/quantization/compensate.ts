/**
 * Rounding that makes up for itself: each weight's rounding error is spread over the weights of its row
 * that are not rounded yet, by how the layer's inputs vary together, so that the layer's outputs change
 * as little as possible (optimal brain surgeon, Hassibi & Stork 1993; row by row as in GPTQ, Frantar
 * et al. 2022). Halves the error that plain rounding leaves in the logits, or better.
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

/** Tried in place of the scale that lets everything fit: smaller steps, at the price of cut-off peaks. */
const FACTORS = [1, 0.9, 0.8, 0.7, 0.6];

/** Share of the mean variance that is added to each input's, so that none is without. */
const RIDGE = 0.01;

/** Rounded weights, and what each row's bias has to gain for its mean output to stay. */
export interface Compensated extends QuantizedArray {
  readonly biasShift: Float64Array;
}

/**
 * Quantizes weights with error compensation.
 * @param moments of the layer's inputs, as many as a row has weights
 * @throws RangeError naming a number that is not finite
 */
export function quantizeCompensated(
  array: RealArray,
  granularity: Granularity,
  groups: SumGroups,
  moments: InputMoments,
): Compensated {
  checkFinite(array);
  const { shape, data } = array;
  const rows = shape[0] ?? 1, each = data.length / rows;
  const spread = spreading(moments);
  const rounding = new Rounding(spread, groups, each);
  const widest = weightScales(data, rows, granularity, groups);
  const row = (r: number) => data.subarray(r * each, (r + 1) * each);
  const errors = FACTORS.map((factor) =>
    Float64Array.from(widest, (scale, r) => rounding.run(row(r), Math.fround(factor * scale)))
  );
  const sums = errors.map((list) => list.reduce((a, b) => a + b, 0));
  const scales = widest.map((scale, r) => {
    const given = granularity === "tensor" ? sums : errors.map((list) => list[r]!);
    return scale * FACTORS[given.indexOf(Math.min(...given))]!;
  });
  const values = new Int8Array(data.length);
  const biasShift = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    rounding.run(row(r), scales[r]!);
    values.set(rounding.values, r * each);
    for (let i = 0; i < each; i++) {
      biasShift[r]! += (row(r)[i]! - rounding.values[i]! * scales[r]!) * moments.mean[i]!;
    }
  }
  return { shape, values, scales, biasShift };
}

/** Rounds a row, with room that every row uses again. */
class Rounding {
  readonly values: Int8Array;
  readonly #left: Float64Array;
  readonly #groupOf: Int32Array;
  readonly #most: number;
  readonly #room: { readonly above: Float64Array; readonly below: Float64Array };

  constructor(readonly spread: Float64Array, groups: SumGroups, readonly each: number) {
    this.values = new Int8Array(each);
    this.#left = new Float64Array(each);
    this.#groupOf = new Int32Array(each);
    groups.forEach((group, i) => group.forEach((tap) => this.#groupOf[tap] = i));
    const length = Math.max(1, groups.length);
    this.#most = groups.length > 0 ? GROUP_SUM_MAX : Infinity;
    this.#room = { above: new Float64Array(length), below: new Float64Array(length) };
  }

  /** @returns the mean square error of the row's output */
  run(row: Float32Array, scale: number): number {
    const { values, each, spread } = this;
    const left = this.#left, { above, below } = this.#room;
    left.set(row);
    above.fill(this.#most);
    below.fill(this.#most);
    let error = 0;
    for (let i = 0; i < each; i++) {
      const group = this.#groupOf[i]!;
      const high = Math.min(INT8_MAX, above[group]!), low = -Math.min(INT8_MAX, below[group]!);
      const q = Math.max(low, Math.min(high, Math.round(left[i]! / scale)));
      values[i] = q;
      if (q > 0) above[group]! -= q;
      else below[group]! += q;
      const miss = (left[i]! - q * scale) / spread[i * each + i]!;
      error += miss * miss;
      for (let j = i + 1; j < each; j++) left[j]! -= miss * spread[i * each + j]!;
    }
    return error;
  }
}

/** The upper triangle U with UᵀU = the inverse of the inputs' covariance: how errors are spread. */
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
