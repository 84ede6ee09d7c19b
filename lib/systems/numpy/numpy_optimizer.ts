import { adam, sgd } from "../../kernels/twins/optimizer_twin.ts";
import type { OptimizerOptions } from "../../model/training_step.ts";
import { type FloatArray, type Parameter, type Precision, zeros } from "./array.ts";

/** Moves parameters along their gradients. */
export interface Optimizer {
  step(learningRate: number): void;
}

/** The optimizer that `options` describe, with fresh state. */
export function optimizer(
  options: OptimizerOptions,
  parameters: readonly Parameter[],
  precision: Precision,
): Optimizer {
  return options.kind === "adam"
    ? new Adam(parameters, precision, options.weightDecay)
    : new Sgd(parameters, precision, options.momentum);
}

/** Stochastic gradient descent with momentum as PyTorch has it: v ← μ·v + g, w ← w − η·v. */
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
      sgd(value, this.#velocity[index]!, [grad], learningRate, this.momentum);
    });
  }
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1): running means m of g and v of g², both corrected for their
 * start at zero, then w ← w − η · m̂ / (√v̂ + ε). β₁ 0.9, β₂ 0.999, ε 1e-8 as in PyTorch. With weight decay
 * it is AdamW (Loshchilov & Hutter 2019): w shrinks by η·decay·w before each step.
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
    const step = {
      beta1,
      beta2,
      epsilon,
      rate: learningRate / (1 - beta1 ** this.#steps),
      correction: 1 / Math.sqrt(1 - beta2 ** this.#steps),
      decay: learningRate * this.weightDecay,
    };
    this.parameters.forEach(({ value, grad }, index) => {
      adam(value, this.#mean[index]!, this.#square[index]!, [grad], step);
    });
  }
}
