import type { Batch } from "../../pixels/pixels.ts";
import type {
  BatchGradient,
  OptimizerOptions,
  StepResult,
  StepSettings,
} from "../../model/training_step.ts";
import type { Weights } from "../../model/weights.ts";

/**
 * What computes for the hand-written system: the seam behind which faster kernels than the readable
 * reference can stand. An engine may answer at once or later.
 */
export interface Engine {
  readonly name: string;
  weights(): Weights | Promise<Weights>;
  setWeights(weights: Weights): void | Promise<void>;
  /** Starts a training: fresh optimizer state. */
  begin(optimizer: OptimizerOptions): void | Promise<void>;
  /**
   * One step of gradient descent on a batch; loss and hits as they were before the step. Without
   * settings the optimizer's own learning rate counts, and labels are not smoothed.
   */
  step(batch: Batch, settings?: StepSettings): StepResult | Promise<StepResult>;
  /** The gradient of a batch's mean loss, in the common form of weights; nothing is learned. */
  gradient(batch: Batch): BatchGradient | Promise<BatchGradient>;
  /** Logits (count, classes), owned by the caller. */
  logits(images: Float32Array, count: number): Float32Array | Promise<Float32Array>;
  dispose(): void;
}
