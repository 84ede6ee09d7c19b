import type { Architecture } from "../architecture.ts";
import { initialWeights } from "../initialise.ts";
import { trainingLoop } from "../loop.ts";
import type { Batches, FitOptions, History, System } from "../system.ts";
import type { Weights } from "../weights.ts";
import { type Engine, ReferenceEngine } from "./engine.ts";

/** How the hand-written system is made. */
export interface NumpyOptions {
  /** Of the starting weights; default 0. */
  readonly seed?: number;
  /** Makes what computes; default the readable reference. */
  readonly engine?: (architecture: Architecture) => Engine;
}

/** The report's "LeNet5 Numpy": every forward and backward pass written by hand. */
export class NumpySystem implements System {
  readonly name = "numpy";
  readonly engine: Engine;

  constructor(readonly architecture: Architecture, options: NumpyOptions = {}) {
    this.engine = options.engine?.(architecture) ?? new ReferenceEngine(architecture);
    const weights = initialWeights(architecture, "lecun", options.seed ?? 0);
    this.#ready = Promise.resolve(this.engine.setWeights(weights));
  }

  readonly #ready: Promise<void>;

  async fit(train: Batches, options: FitOptions): Promise<History> {
    await this.#ready;
    await this.engine.begin(options.optimizer);
    return await trainingLoop(this, train, options, (batch) => this.engine.step(batch));
  }

  async predict(images: Float32Array, count: number): Promise<Float32Array> {
    await this.#ready;
    return await this.engine.logits(images, count);
  }

  async weights(): Promise<Weights> {
    await this.#ready;
    return await this.engine.weights();
  }

  async setWeights(weights: Weights): Promise<void> {
    await this.#ready;
    await this.engine.setWeights(weights);
  }

  dispose(): void {
    this.engine.dispose();
  }
}
