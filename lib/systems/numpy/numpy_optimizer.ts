/** The optimizers of the hand-written system, for weights w, gradients g and a learning rate η. */
import type { OptimizerOptions } from "../../model/training_step.ts";
import { type FloatArray, type Parameter, type Precision, zeros } from "./array.ts";

/** Changes parameters according to their gradients, one step at a time. */
export interface Optimizer {
  step(learningRate: number): void;
}

/** Makes the optimizer that `options` describe, before its first step. */
export function optimizer(
  options: OptimizerOptions,
  parameters: readonly Parameter[],
  precision: Precision,
): Optimizer {
  switch (options.kind) {
    case "adam":
      return new Adam(parameters, precision, options.weightDecay);
    case "sgd":
      return new Sgd(parameters, precision, options.momentum);
    default:
      options satisfies never;
      throw new RangeError(`there is no optimizer named ${(options as OptimizerOptions).kind}`);
  }
}

/** Stochastic gradient descent with momentum μ, as in PyTorch: v ← μ·v + g, then w ← w − η·v. */
export class Sgd implements Optimizer {
  readonly #velocity: readonly FloatArray[];

  constructor(
    readonly parameters: readonly Parameter[],
    precision: Precision,
    readonly momentum: number,
  ) {
    this.#velocity = parameters.map(({ value }) => zeros(precision, value.length));
  }

  step(learningRate: number): void {
    this.parameters.forEach(({ value, grad }, index) => {
      const velocity = this.#velocity[index]!;
      for (let i = 0; i < value.length; i++) {
        velocity[i] = this.momentum * velocity[i]! + grad[i]!;
        value[i]! -= learningRate * velocity[i]!;
      }
    });
  }
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1). In step t, counted from 1:
 *   m ← β₁·m + (1 − β₁)·g      m̂ = m / (1 − β₁ᵗ)
 *   v ← β₂·v + (1 − β₂)·g²     v̂ = v / (1 − β₂ᵗ)
 *   w ← w − η · m̂ / (√v̂ + ε)
 * with β₁ = 0.9, β₂ = 0.999 and ε = 1e-8, as in PyTorch. With weight decay it is AdamW (Loshchilov & Hutter
 * 2019), which subtracts η · decay · w from w before each step.
 */
export class Adam implements Optimizer {
  readonly #mean: readonly FloatArray[];
  readonly #square: readonly FloatArray[];
  #steps = 0;

  constructor(
    readonly parameters: readonly Parameter[],
    precision: Precision,
    readonly weightDecay = 0,
    readonly beta1 = 0.9,
    readonly beta2 = 0.999,
    readonly epsilon = 1e-8,
  ) {
    this.#mean = parameters.map(({ value }) => zeros(precision, value.length));
    this.#square = parameters.map(({ value }) => zeros(precision, value.length));
  }

  step(learningRate: number): void {
    this.#steps++;
    const { beta1, beta2, epsilon } = this;
    const rate = learningRate / (1 - beta1 ** this.#steps);
    const keep = 1 - learningRate * this.weightDecay;
    const correction = 1 / Math.sqrt(1 - beta2 ** this.#steps);
    this.parameters.forEach(({ value, grad }, index) => {
      const [mean, square] = [this.#mean[index]!, this.#square[index]!];
      for (let i = 0; i < value.length; i++) {
        const g = grad[i]!;
        const m = beta1 * mean[i]! + (1 - beta1) * g;
        const v = beta2 * square[i]! + (1 - beta2) * g * g;
        mean[i] = m;
        square[i] = v;
        value[i] = keep * value[i]! - rate * m / (Math.sqrt(v) * correction + epsilon);
      }
    });
  }
}
