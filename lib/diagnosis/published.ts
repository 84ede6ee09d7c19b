/**
 * The mistakes of the report's code, each as the code made it, so that they can be put right one at a
 * time.
 */
import type { StepResult } from "../model/training_step.ts";
import * as tf from "../backend/tf.ts";
import type { Batch } from "../pixels/pixels.ts";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import { trainingLoop } from "../systems/loop.ts";
import type { Parameter } from "../systems/numpy/array.ts";
import type { Engine } from "../systems/numpy/engine.ts";
import { Sgd } from "../systems/numpy/numpy_optimizer.ts";
import { createEngine } from "../systems/numpy/numpy_system.ts";
import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import type { Criterion } from "../systems/torch/cross_entropy_loss.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { Rng } from "../util/rng.ts";

/**
 * The Torch code's loss: `CrossEntropyLoss` with its arguments swapped, so that the one-hot rows are
 * taken for logits and the logits for the target: −mean Σ_c x_c · log softmax(one-hot)_c. With
 * L = log(e + K − 1) that is mean (L·Σ_c x_c − x_label): linear in the logits, without a lower bound,
 * and with the same gradient whatever the image shows.
 */
export const swappedCrossEntropy: Criterion = {
  forward: (logits, oneHot) =>
    tf.neg(tf.mean(tf.sum(tf.mul(logits, tf.logSoftmax(oneHot)), 1))) as tf.Scalar,
};

/** The NumPy code's start: filters from U(0, 1), dense weights from U(−1, 1), biases 0. */
export function saturatingWeights(architecture: Architecture, seed: number): Weights {
  const root = new Rng(seed);
  const weights: Record<string, WeightArray> = {};
  for (const { name, shape } of parameterShapes(architecture)) {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    const rng = root.fork(name);
    const low = shape.length === 4 ? 0 : -1;
    if (name.endsWith(".weight")) data.forEach((_, i) => data[i] = rng.uniform(low, 1));
    weights[name] = { shape, data };
  }
  return weights;
}

/** What the NumPy code did wrong in a step. */
export interface StepFaults {
  /** The filters' gradients were computed and thrown away. */
  readonly frozenFilters: boolean;
  /**
   * Each dense layer moved by itself during the backward pass, with this rate on the summed gradient,
   * and was moved by the optimizer as well. 0: only by the optimizer.
   */
  readonly selfUpdate: number;
}

/** The hand-written system with the NumPy code's steps. It knows SGD with momentum only. */
export class PublishedNumpy implements System {
  readonly name = "numpy";
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];

  constructor(readonly architecture: Architecture, readonly faults: StepFaults) {
    this.#engine = createEngine(architecture);
    this.#parameters = parameterShapes(architecture).map(({ name, shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      return { name, shape, value: new Float32Array(length), grad: new Float32Array(length) };
    });
  }

  get runsOn(): string {
    return this.#engine.name;
  }

  async fit(train: Batches, options: FitOptions): Promise<History> {
    if (options.optimizer.kind !== "sgd") {
      throw new RangeError(`the NumPy code used SGD, not ${options.optimizer.kind}`);
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
    const { frozenFilters, selfUpdate } = this.faults;
    for (const { name, shape, value, grad } of this.#parameters) {
      const isFilter = name.startsWith("conv") || shape.length === 4;
      if (isFilter && frozenFilters) continue;
      grad.set(gradients[name]!.data);
      if (isFilter) continue;
      const rate = selfUpdate * batch.size;
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
}
