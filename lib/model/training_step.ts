/** The arguments and the results of one step of training, whatever computes it. */
import type { LossFunction } from "./loss.ts";
import type { Weights } from "./weights.ts";

/** Which optimizer changes the weights, and how. */
export type OptimizerOptions =
  | {
    readonly kind: "adam";
    readonly learningRate: number;
    /** Decoupled, as in AdamW: before each step w −= learningRate · weightDecay · w. Default 0. */
    readonly weightDecay?: number;
  }
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number };

/**
 * What an optimizer remembers from step to step, by the names and in the layouts of the weights, so that
 * any system can go on with it.
 */
export type OptimizerState =
  | {
    readonly kind: "adam";
    /** Steps taken, from 0. */
    readonly steps: number;
    /** Running means of the gradients (m). */
    readonly mean: Weights;
    /** Running means of their squares (v). */
    readonly square: Weights;
  }
  | {
    readonly kind: "sgd";
    /** Steps taken, from 0. */
    readonly steps: number;
    /** Sums of the gradients, each step's weight less by the momentum (v). */
    readonly velocity: Weights;
  };

/** What may differ from step to step. */
export interface StepSettings {
  readonly learningRate: number;
  readonly labelSmoothing: number;
  /** What is minimised in place of the cross-entropy. */
  readonly loss?: LossFunction;
}

/** The loss of a batch in nats and its correct answers, both summed over the images. */
export interface StepResult {
  /** Cross-entropy in nats. */
  readonly loss: number;
  /** Images whose largest logit is at the label. */
  readonly correct: number;
}

/** The same without a step, and the gradient of the mean loss with respect to the weights. */
export interface BatchGradient extends StepResult {
  readonly gradients: Weights;
}

/** @throws RangeError unless there is one number for each class of each of `size` images */
export function checkTargets(targets: Float32Array, size: number, classes: number): void {
  if (targets.length !== size * classes) {
    throw new RangeError(
      `${size} images of ${classes} classes need ${size * classes} targets, got ${targets.length}`,
    );
  }
}
