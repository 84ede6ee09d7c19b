import type { Batch } from "../../pixels/pixels.ts";
import type { Architecture } from "../architecture.ts";
import type { StepResult, StepSettings } from "../loop.ts";
import type { OptimizerOptions } from "../system.ts";
import type { Weights } from "../weights.ts";
import { Network } from "./network.ts";
import { type Optimizer, optimizer } from "./optimizer.ts";

/** What one batch tells without a step: loss and hits summed, and ∂(mean loss)/∂weights. */
export interface BatchGradient extends StepResult {
  readonly gradients: Weights;
}

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

/** The readable code of this folder, in float32 on one thread. */
export class ReferenceEngine implements Engine {
  readonly name = "reference";
  readonly #network: Network;
  #optimizer: Optimizer | undefined;
  #learningRate = 0;

  constructor(architecture: Architecture) {
    this.#network = new Network(architecture, "float32");
  }

  weights(): Weights {
    return this.#network.weights();
  }

  setWeights(weights: Weights): void {
    this.#network.setWeights(weights);
  }

  begin(options: OptimizerOptions): void {
    this.#learningRate = options.learningRate;
    this.#optimizer = optimizer(options, this.#network.parameters, "float32");
  }

  step({ images, labels, size }: Batch, settings?: StepSettings): StepResult {
    if (this.#optimizer === undefined) throw new Error("begin() was not called before step()");
    const result = this.#network.gradient(images, labels, size, settings?.labelSmoothing);
    this.#optimizer.step(settings?.learningRate ?? this.#learningRate);
    return result;
  }

  gradient({ images, labels, size }: Batch): BatchGradient {
    const result = this.#network.gradient(images, labels, size);
    const gradients = this.#network.parameters.map(({ name, shape, grad }) =>
      [name, { shape, data: Float32Array.from(grad) }] as const
    );
    return { ...result, gradients: Object.fromEntries(gradients) };
  }

  logits(images: Float32Array, count: number): Float32Array {
    const logits = this.#network.forward(images, count);
    return Float32Array.from(logits.subarray(0, count * this.#network.classes));
  }

  dispose(): void {}
}
