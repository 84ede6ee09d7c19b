/**
 * From a sum to the next layer's input: tanh in float32, rounded to a whole number. Every operation is
 * rounded once, so that the kernels and this code agree to the last bit on any machine.
 */
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

/** 1.5 · 2²³: a small number added to it is rounded to a whole one, halves to even. */
const ROUND = 12582912;

/** How a layer's sums become whole numbers. */
export interface ActivationCurve {
  /** Arguments of tanh are limited to ±limit, so that no result passes ±127. */
  readonly limit: number;
  /** a₀, a₁, a₂ in units of the output's scale, and b₁, b₂. */
  readonly curve: Float32Array<ArrayBuffer>;
}

/** @param outputScale real value of an output of 1, at least 1/127 of tanh's reach */
export function activationCurve(outputScale: number): ActivationCurve {
  const { a0, a1, a2, b1, b2, end } = TANH;
  // not quite half a step beyond the last whole number
  const reach = (LIMIT + 0.4) * outputScale;
  return {
    limit: Math.fround(reach < Math.tanh(end) ? Math.atanh(reach) : end),
    curve: Float32Array.of(a0 / outputScale, a1 / outputScale, a2 / outputScale, b1, b2),
  };
}

/** The whole number, −127 to 127, that a sum becomes. */
export function activate(
  sum: number,
  multiplier: number,
  { limit, curve }: ActivationCurve,
): number {
  const [a0, a1, a2, b1, b2] = curve as unknown as [number, number, number, number, number];
  const f = Math.fround;
  const x = Math.min(Math.max(f(f(sum) * multiplier), -limit), limit);
  const u = f(x * x);
  const p = f(f(f(f(a2 * u) + a1) * u) + a0);
  const d = f(f(f(f(b2 * u) + b1) * u) + 1);
  return f(f(f(x * p) / d) + ROUND) - ROUND;
}
