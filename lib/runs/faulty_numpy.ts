import type { StepResult } from "../model/training_step.ts";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import { trainingLoop } from "../systems/loop.ts";
import type { Parameter } from "../systems/numpy/array.ts";
import type { Engine } from "../systems/numpy/engine.ts";
import { type Optimizer, optimizer } from "../systems/numpy/numpy_optimizer.ts";
import { createEngine } from "../systems/numpy/numpy_system.ts";
import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import type { Fault } from "./faults.ts";
import { elementCount } from "../util/element_count.ts";

/** Rate at which each dense layer of the paper's NumPy code moved by itself, on the summed gradient. */
const SELF_UPDATE = 1e-3;

/** Share of every weight that each step of the paper's optimizer took away. */
const SHRINKAGE = 3e-4;

/** A system that is made with `FaultyNumpy.create`, which opens what the faults need. */
export class FaultyNumpy implements System {
  readonly name = "numpy";
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #filters: ReadonlySet<string>;

  private constructor(
    readonly architecture: Architecture,
    readonly faults: ReadonlySet<Fault>,
    engine: Engine,
  ) {
    this.#engine = engine;
    this.#filters = new Set(
      architecture.layers.flatMap((layer) =>
        layer.kind === "conv" ? [`${layer.name}.weight`, `${layer.name}.bias`] : []
      ),
    );
    this.#parameters = parameterShapes(architecture).map(({ name, shape }) => {
      const length = elementCount(shape);
      return { name, shape, value: new Float32Array(length), grad: new Float32Array(length) };
    });
  }

  /**
   * The hand-written system with the training steps of the paper's NumPy code, and with any of its
   * faults. It knows no label smoothing.
   */
  static async create(architecture: Architecture, faults: readonly Fault[]): Promise<FaultyNumpy> {
    const all = new Set(faults);
    // the wrong gradient reaches filters only, so where they are frozen it changes nothing
    const isWrong = all.has("wrong input gradient") && !all.has("frozen filters");
    if (!isWrong) return new FaultyNumpy(architecture, all, createEngine(architecture));
    // loaded only here, because it needs TensorFlow.js
    const { openBackend } = await import("../backend/choose_backend.ts");
    const { WrongGradientEngine } = await import("./wrong_input_gradient.ts");
    const engine = new WrongGradientEngine(architecture, await openBackend());
    return new FaultyNumpy(architecture, all, engine);
  }

  get runsOn(): string {
    return this.#engine.name;
  }

  /** @throws RangeError if labels are to be smoothed */
  async fit(train: Batches, options: FitOptions): Promise<History> {
    if (options.labelSmoothing) {
      throw new RangeError("the faulty NumPy system knows no label smoothing");
    }
    let chosen: Optimizer;
    return await trainingLoop(this, train, options, {
      begin: (state) => {
        chosen = optimizer(options.optimizer, this.#parameters, "float32", state);
      },
      step: (batch, { learningRate }) => this.#step(batch, chosen, learningRate),
      optimizerState: () => chosen.state(),
    });
  }

  async #step(batch: Batch, optimizer: Optimizer, learningRate: number): Promise<StepResult> {
    const { gradients, loss, correct } = await this.#engine.gradient(batch);
    // the engine's gradient is that of the mean loss
    const summed = this.faults.has("summed gradient") ? batch.size : 1;
    for (const { name, value, grad } of this.#parameters) {
      const isFilter = this.#filters.has(name);
      if (isFilter && this.faults.has("frozen filters")) continue; // `grad` stays 0
      const mean = gradients[name]!.data;
      for (let i = 0; i < grad.length; i++) grad[i] = summed * mean[i]!;
      if (isFilter || !this.faults.has("dense layers move twice")) continue;
      const rate = SELF_UPDATE * batch.size;
      for (let i = 0; i < value.length; i++) value[i]! -= rate * mean[i]!;
    }
    const before = this.faults.has("weights shrink each step")
      ? this.#parameters.map(({ value }) => value.slice())
      : [];
    optimizer.step(learningRate);
    before.forEach((old, index) => {
      const { value } = this.#parameters[index]!;
      for (let i = 0; i < value.length; i++) value[i]! -= SHRINKAGE * old[i]!;
    });
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
