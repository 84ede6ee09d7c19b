/** The optimizers of the hand-written system, for weights w, gradients g and a learning rate η. */
import { adam, sgd } from "../../kernels/twins/optimizer_twin.ts";
import type { OptimizerOptions, OptimizerState } from "../../model/training_step.ts";
import type { Weights } from "../../model/weights.ts";
import { type FloatArray, type Parameter, type Precision, zeros } from "./array.ts";

/** Changes parameters according to their gradients, one step at a time. */
export interface Optimizer {
  /** Takes one step along the gradients. */
  step(learningRate: number): void;
  /** A copy of what it remembers. */
  state(): OptimizerState;
}

/** Makes the optimizer that `options` describe, before its first step or as it was in a state. */
export function optimizer(
  options: OptimizerOptions,
  parameters: readonly Parameter[],
  precision: Precision,
  state?: OptimizerState,
): Optimizer {
  switch (options.kind) {
    case "adam": {
      const adam = new Adam(parameters, precision, options.weightDecay);
      if (state?.kind === "adam") adam.restore(state);
      return adam;
    }
    case "sgd": {
      const sgd = new Sgd(parameters, precision, options.momentum);
      if (state?.kind === "sgd") sgd.restore(state);
      return sgd;
    }
    default:
      options satisfies never;
      throw new RangeError(`there is no optimizer named ${(options as OptimizerOptions).kind}`);
  }
}

/** Stochastic gradient descent with momentum μ, as in PyTorch: v ← μ·v + g, then w ← w − η·v. */
export class Sgd implements Optimizer {
  readonly #velocity: readonly FloatArray[];
  #steps = 0;

  /** An optimizer of these parameters, before its first step. */
  constructor(
    readonly parameters: readonly Parameter[],
    precision: Precision,
    readonly momentum: number,
  ) {
    this.#velocity = parameters.map(({ value }) => zeros(precision, value.length));
  }

  /** A copy of what it remembers. */
  state(): OptimizerState {
    return {
      kind: "sgd",
      steps: this.#steps,
      velocity: named(this.parameters, this.#velocity),
    };
  }

  /** Goes on from a state. */
  restore({ steps, velocity }: Extract<OptimizerState, { readonly kind: "sgd" }>): void {
    this.#steps = steps;
    fill(this.parameters, this.#velocity, velocity);
  }

  /** Takes one step along the gradients. */
  step(learningRate: number): void {
    this.#steps++;
    this.parameters.forEach(({ value, grad }, index) => {
      sgd(value, this.#velocity[index]!, [grad], learningRate, this.momentum);
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

  /** An optimizer of these parameters, before its first step. */
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

  /** A copy of what it remembers. */
  state(): OptimizerState {
    const { parameters } = this;
    return {
      kind: "adam",
      steps: this.#steps,
      mean: named(parameters, this.#mean),
      square: named(parameters, this.#square),
    };
  }

  /** Goes on from a state. */
  restore({ steps, mean, square }: Extract<OptimizerState, { readonly kind: "adam" }>): void {
    this.#steps = steps;
    fill(this.parameters, this.#mean, mean);
    fill(this.parameters, this.#square, square);
  }

  /** Takes one step along the gradients. */
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

/** A copy of arrays that belong to the parameters, by their names. */
function named(parameters: readonly Parameter[], arrays: readonly FloatArray[]): Weights {
  return Object.fromEntries(
    parameters.map(({ name, shape }, i) => [name, { shape, data: Float32Array.from(arrays[i]!) }]),
  );
}

function fill(
  parameters: readonly Parameter[],
  arrays: readonly FloatArray[],
  from: Weights,
): void {
  parameters.forEach(({ name }, i) => arrays[i]!.set(from[name]!.data));
}
