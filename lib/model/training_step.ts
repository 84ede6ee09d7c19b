/** What one step of training is told, and what it tells; every way of computing it speaks this. */
import type { Weights } from "./weights.ts";

/** What an optimizer does with a gradient. */
export type OptimizerOptions =
  | {
    readonly kind: "adam";
    readonly learningRate: number;
    /** Decoupled, as in AdamW: before each step w −= learning rate · weightDecay · w. Default 0. */
    readonly weightDecay?: number;
  }
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number };

/** What holds for one step. */
export interface StepSettings {
  readonly learningRate: number;
  readonly labelSmoothing: number;
}

/** What one batch of training tells: summed over its images. */
export interface StepResult {
  readonly loss: number;
  readonly correct: number;
}

/** What one batch tells without a step: loss and hits summed, and ∂(mean loss)/∂weights. */
export interface BatchGradient extends StepResult {
  readonly gradients: Weights;
}
