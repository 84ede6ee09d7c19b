import type { Batch } from "../../pixels/pixels.ts";
import type {
  BatchGradient,
  OptimizerOptions,
  OptimizerState,
  StepResult,
  StepSettings,
} from "../../model/training_step.ts";
import type { Weights } from "../../model/weights.ts";

/**
 * What computes for the hand-written system: the readable reference or the fast kernels. An engine may
 * give its results at once or as promises.
 */
export interface Engine {
  readonly name: string;
  weights(): Weights | Promise<Weights>;
  setWeights(weights: Weights): void | Promise<void>;
  /** Starts a training: the optimizer forgets what it kept of earlier steps, or takes a state over. */
  begin(optimizer: OptimizerOptions, state?: OptimizerState): void | Promise<void>;
  /** A copy of what the optimizer remembers. */
  optimizerState(): OptimizerState;
  /**
   * Takes one step on a batch. The result is the loss and the correct answers from before the step.
   * Without settings the learning rate is the optimizer's own, and labels are not smoothed.
   */
  step(batch: Batch, settings?: StepSettings): StepResult | Promise<StepResult>;
  /** The gradient of a batch's mean loss, in the common form of weights. No weight is changed. */
  gradient(batch: Batch): BatchGradient | Promise<BatchGradient>;
  /** Logits (count, classes), owned by the caller. */
  logits(images: Float32Array, count: number): Float32Array | Promise<Float32Array>;
  dispose(): void;
}
