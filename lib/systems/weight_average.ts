import type { Weights } from "../model/weights.ts";

/**
 * A running mean of the weights of all steps, in which each step counts less than the one after it (Polyak &
 * Juditsky 1992, with the exponential weights of later practice). It moves less than the weights themselves,
 * and at the same learning rate it often does better on new images.
 *
 * After step n the mean keeps the part min(decay, (1 + n) / (10 + n)) of itself and takes the rest from the new
 * weights, so that the starting weights are soon forgotten.
 */
export class WeightAverage {
  readonly #mean: Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

  /**
   * @param decay part that the mean keeps of itself at each step, from 0 to below 1
   * @param start the mean so far
   */
  constructor(readonly decay: number, start: Weights) {
    this.#mean = new Map(
      Object.entries(start).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
  }

  /**
   * Takes the weights after a step into the mean.
   * @param step number of the step, from 1
   */
  add(weights: Weights, step: number): void {
    const kept = Math.min(this.decay, (1 + step) / (10 + step));
    for (const [name, { data }] of this.#mean) {
      const next = weights[name]!.data;
      for (let i = 0; i < data.length; i++) data[i] = kept * data[i]! + (1 - kept) * next[i]!;
    }
  }

  /** A copy of the mean. */
  weights(): Weights {
    return Object.fromEntries(
      [...this.#mean].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
  }
}
