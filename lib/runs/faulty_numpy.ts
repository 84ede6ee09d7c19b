import type { StepResult } from "../model/training_step.ts";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import { trainingLoop } from "../systems/loop.ts";
import type { Parameter } from "../systems/numpy/array.ts";
import type { Engine } from "../systems/numpy/engine.ts";
import { Sgd } from "../systems/numpy/numpy_optimizer.ts";
import { createEngine } from "../systems/numpy/numpy_system.ts";
import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import type { Fault } from "./faults.ts";
import { elementCount } from "../util/element_count.ts";

/** Rate at which each dense layer of the paper's NumPy code moved by itself, on the summed gradient. */
const SELF_UPDATE = 1e-3;

/**
 * The hand-written system with the training steps of the paper's NumPy code, and with none, one or
 * both of its faults. It trains with SGD and momentum only, and knows no label smoothing.
 */
export class FaultyNumpy implements System {
  readonly name = "numpy";
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #frozenFilters: boolean;
  readonly #movesTwice: boolean;

  constructor(readonly architecture: Architecture, faults: readonly Fault[]) {
    this.#engine = createEngine(architecture);
    this.#frozenFilters = faults.includes("frozen filters");
    this.#movesTwice = faults.includes("dense layers move twice");
    this.#parameters = parameterShapes(architecture).map(({ name, shape }) => {
      const length = elementCount(shape);
      return { name, shape, value: new Float32Array(length), grad: new Float32Array(length) };
    });
  }

  /** @throws RangeError if the optimizer is not SGD or labels are to be smoothed */
  get runsOn(): string {
    return this.#engine.name;
  }

  async fit(train: Batches, options: FitOptions): Promise<History> {
    if (options.optimizer.kind !== "sgd") {
      throw new RangeError(
        `the faulty NumPy system trains with sgd only, not with ${options.optimizer.kind}`,
      );
    }
    if (options.labelSmoothing) {
      throw new RangeError("the faulty NumPy system knows no label smoothing");
    }
    const sgd = new Sgd(this.#parameters, "float32", options.optimizer.momentum);
    return await trainingLoop(
      this,
      train,
      options,
      (batch, { learningRate }) => this.#step(batch, sgd, learningRate),
    );
  }

  async #step(batch: Batch, sgd: Sgd, learningRate: number): Promise<StepResult> {
    const { gradients, loss, correct } = await this.#engine.gradient(batch);
    for (const { name, shape, value, grad } of this.#parameters) {
      const isFilter = name.startsWith("conv") || shape.length === 4;
      if (isFilter && this.#frozenFilters) continue;
      grad.set(gradients[name]!.data);
      if (isFilter || !this.#movesTwice) continue;
      // the engine's gradient is that of the mean, the paper's code summed it over the batch
      const rate = SELF_UPDATE * batch.size;
      for (let i = 0; i < value.length; i++) value[i]! -= rate * grad[i]!;
    }
    sgd.step(learningRate);
    await this.#engine.setWeights(await this.weights());
    return { loss, correct };
  }

  async predict(images: Float32Array, count: number): Promise<Float32Array> {
    return await this.#engine.logits(images, count);
  }

  weights(): Promise<Weights> {
    return Promise.resolve(Object.fromEntries(
      this.#parameters.map(({ name, shape, value }) => [name, {
        shape,
        data: Float32Array.from(value),
      }]),
    ));
  }

  async setWeights(weights: Weights): Promise<void> {
    await this.#engine.setWeights(weights);
    for (const { name, value } of this.#parameters) value.set(weights[name]!.data);
  }

  dispose(): void {
    this.#engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
