import type { Architecture } from "../../model/architecture.ts";
import type {
  BatchGradient,
  OptimizerOptions,
  OptimizerState,
  StepResult,
  StepSettings,
} from "../../model/training_step.ts";
import type { Weights } from "../../model/weights.ts";
import type { Batch } from "../../pixels/pixels.ts";
import type { Engine } from "./engine.ts";
import type { NumpyLayer } from "./layer.ts";
import { type Optimizer, optimizer } from "./numpy_optimizer.ts";
import { Network } from "./reference_network.ts";

/** The engine that computes with the readable code of this folder, in float32 on one thread. */
export class ReferenceEngine implements Engine {
  readonly name = "reference";
  readonly #network: Network;
  #optimizer: Optimizer | undefined;
  #learningRate = 0;

  constructor(architecture: Architecture, layers?: readonly NumpyLayer[]) {
    this.#network = new Network(architecture, "float32", layers);
  }

  weights(): Weights {
    return this.#network.weights();
  }

  setWeights(weights: Weights): void {
    this.#network.setWeights(weights);
  }

  begin(options: OptimizerOptions, state?: OptimizerState): void {
    this.#learningRate = options.learningRate;
    this.#optimizer = optimizer(options, this.#network.parameters, "float32", state);
  }

  optimizerState(): OptimizerState {
    if (this.#optimizer === undefined) {
      throw new Error("begin() was not called before optimizerState()");
    }
    return this.#optimizer.state();
  }

  step({ images, labels, size, targets }: Batch, settings?: StepSettings): StepResult {
    if (this.#optimizer === undefined) throw new Error("begin() was not called before step()");
    const { labelSmoothing, loss } = settings ?? {};
    const result = this.#network.gradient(images, labels, size, labelSmoothing, targets, loss);
    this.#optimizer.step(settings?.learningRate ?? this.#learningRate);
    return result;
  }

  gradient({ images, labels, size, targets }: Batch): BatchGradient {
    const result = this.#network.gradient(images, labels, size, 0, targets);
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
