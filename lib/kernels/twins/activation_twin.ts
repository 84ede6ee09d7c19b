/** Readable twins of assembly/activation.ts: activations and their derivatives. */
import type { Activation } from "../../model/architecture.ts";

/** An activation y = f(x) and its derivative, written in terms of y. */
export interface ActivationRule {
  readonly value: (x: number) => number;
  readonly slope: (y: number) => number;
}

/** Hyperbolic tangent, logistic function and rectifier. */
export const activationRules: Readonly<Record<Activation, ActivationRule>> = {
  tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y) },
  relu: { value: (x) => Math.max(0, x), slope: (y) => y > 0 ? 1 : 0 },
};

/** f(x) of each number. */
export function activate(kind: Activation, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, activationRules[kind].value);
}

/**
 * f(x + bias) of each row; the sum is rounded to float32, as the kernel's.
 * @param x (rows, columns)
 * @param bias (columns)
 */
export function addBiasActivate(
  kind: Activation,
  x: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  const { value } = activationRules[kind];
  return Float64Array.from(x, (x, i) => value(Math.fround(x + bias[i % bias.length]!)));
}

/** g · f′ of each number, with the derivative from the activation's result y. */
export function activationBackward(
  kind: Activation,
  g: ArrayLike<number>,
  y: ArrayLike<number>,
): Float64Array {
  const { slope } = activationRules[kind];
  return Float64Array.from(g, (g, i) => g * slope(y[i]!));
}
