/**
 * From a sum to the next layer's input: the curves of the activations. `requantizeSum` in
 * lib/kernels/twins follows such a curve and rounds the result to a whole number.
 */
import type { Activation } from "../../model/architecture.ts";
import { LIMIT } from "./quantize.ts";

/**
 * tanh x ≈ x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) on |x| ≤ 4.25, off by at most 2e-5: least squares
 * of the error on Chebyshev points, reweighted until level. A step of int8 is 1/127.
 */
const TANH = {
  a0: 0.999925,
  a1: 0.1041286,
  a2: 0.0007306,
  b1: 0.4372148,
  b2: 0.0133769,
  end: 4.25,
};

/**
 * How a layer's sums become whole numbers: x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) + shift, with x
 * limited to low … high so that no result passes ±127. Eight numbers, as the kernels read them: a₀, a₁,
 * a₂, b₁, b₂, low, high, shift; the a and the shift are in units of the output's scale.
 */
export type ActivationCurve = Float32Array<ArrayBuffer>;

/** Bounds of what an activation gives; ReLU's is for calibration to find. */
export const bounds: Readonly<Record<Activation, number>> = {
  tanh: 1,
  sigmoid: 1,
  relu: Infinity,
};

/**
 * @param outputScale real value of an output of 1; 127 of them are at most the activation's bound
 */
export function activationCurve(activation: Activation, outputScale: number): ActivationCurve {
  const { a0, a1, a2, b1, b2, end } = TANH;
  // not quite half a step beyond the last whole number
  const reach = (LIMIT + 0.4) * outputScale;
  const limited = (inverse: (y: number) => number) => reach < 1 ? inverse(reach) : Infinity;
  const scale = outputScale;
  switch (activation) {
    case "tanh": {
      const high = Math.min(end, limited(Math.atanh));
      return Float32Array.of(a0 / scale, a1 / scale, a2 / scale, b1, b2, -high, high, 0);
    }
    case "sigmoid": { // (1 + tanh(x/2)) / 2
      const high = Math.min(2 * end, limited((y) => Math.log(y / (1 - y))));
      const slope = [a0 / 4 / scale, a1 / 16 / scale, a2 / 64 / scale] as const;
      return Float32Array.of(...slope, b1 / 4, b2 / 16, -2 * end, high, 0.5 / scale);
    }
    case "relu":
      return Float32Array.of(1 / scale, 0, 0, 0, 0, 0, reach, 0);
  }
}
