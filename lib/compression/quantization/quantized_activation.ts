/**
 * The activation in the step from a layer's 32-bit sum to the next layer's 8-bit input, as the int8 kernels
 * compute it. `requantizeSum` in lib/kernels/twins follows such a curve in float32 and rounds the result
 * to a whole number, so that kernels and reference agree to the last bit on any machine.
 */
import type { Activation } from "../../model/architecture.ts";
import { INT8_MAX } from "./quantize.ts";

/**
 * tanh x ≈ x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) for |x| ≤ `end`, with an error of at most 2e-5, while
 * a step of int8 is 1/127. The coefficients are a least-squares fit on Chebyshev points whose weights
 * were changed until the largest errors were equal.
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
 * An activation as a formula: x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) + shift, with x limited to
 * low … high so that no result passes ±127. These are its eight numbers in the order in which the kernels
 * read them: a₀, a₁, a₂, b₁, b₂, low, high, shift. The a and the shift are divided by the output's scale.
 */
export type ActivationCurve = Float32Array<ArrayBuffer>;

/** The largest output of each activation. ReLU has none, so calibration must find how far it reaches. */
export const bounds: Readonly<Record<Activation, number>> = {
  tanh: 1,
  sigmoid: 1,
  relu: Infinity,
};

/**
 * The formula of an activation.
 * @param outputScale the real number that a stored output of 1 stands for; 127 times it must not exceed
 * the activation's bound
 * @throws RangeError if there is no activation of that name
 */
export function activationCurve(activation: Activation, outputScale: number): ActivationCurve {
  const { a0, a1, a2, b1, b2, end } = TANH;
  // 127.4 is still rounded to 127
  const reach = (INT8_MAX + 0.4) * outputScale;
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
    default:
      activation satisfies never;
      throw new RangeError(`there is no activation named ${activation}`);
  }
}
