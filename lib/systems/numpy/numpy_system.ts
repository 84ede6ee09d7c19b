import { type Architecture, requirePlainLayers } from "../../model/architecture.ts";
import { initialWeights } from "../../model/initial_weights.ts";
import { trainingLoop } from "../loop.ts";
import { CheckedSystem } from "../checked_system.ts";
import { requireKeys } from "../../model/check_architecture.ts";
import { type Batches, type FitOptions, type History, SystemStateError } from "../system.ts";
import type { Weights } from "../../model/weights.ts";
import { ReferenceEngine } from "./reference_engine.ts";
import type { Engine } from "./engine.ts";
import type { NumpyLayer } from "./layer.ts";
import { KernelEngine } from "./kernel_engine.ts";
import type { KernelOptions } from "../../kernels/kernel_network.ts";
import { missingForKernels } from "../../kernels/kernel_platform.ts";
import { planKernels } from "../../kernels/kernel_plan.ts";

/** How the hand-written system is made. */
export interface NumpyOptions extends KernelOptions {
  /** Decides the starting weights; default 0. */
  readonly seed?: number;
  /** What computes. Default: the kernels where they can run, else the readable reference. */
  readonly engine?: "kernels" | "reference";
  /** Layers to compute with in place of those that the architecture describes; then the reference computes. */
  readonly layers?: readonly NumpyLayer[];
}

const numpyKeys: Record<keyof NumpyOptions, true> = {
  seed: true,
  engine: true,
  layers: true,
  threads: true,
  build: true,
};

/**
 * Chooses what computes: the SIMD kernels, or the readable reference where they cannot run.
 * @throws RangeError naming an unknown option or engine, or, if the kernels were asked for and cannot
 * run, saying why
 */
export function createEngine(architecture: Architecture, options: NumpyOptions = {}): Engine {
  requireKeys("the numpy system", "the numpy system", options, numpyKeys);
  const { engine } = options;
  if (engine !== undefined && engine !== "kernels" && engine !== "reference") {
    throw new RangeError(`there is no engine named ${engine}; there are kernels and reference`);
  }
  requirePlainLayers("the numpy system", architecture);
  if (options.layers && engine === "kernels") {
    throw new RangeError("the kernels cannot run layers that are given; leave out engine");
  }
  if (options.engine === "reference" || options.layers) {
    return new ReferenceEngine(architecture, options.layers);
  }
  const plan = planKernels(architecture);
  const missing = missingForKernels();
  if (missing === undefined && typeof plan !== "string") {
    return new KernelEngine(architecture, plan, options);
  }
  const reason = missing ? `this machine lacks ${missing}` : `of ${architecture.name}, ${plan}`;
  if (options.engine === "kernels") throw new RangeError(`the kernels cannot run: ${reason}`);
  console.warn(`The slower reference code computes, because ${reason}.`);
  return new ReferenceEngine(architecture);
}

/** The paper's "LeNet5 Numpy": every forward and backward pass written by hand. */
export class NumpySystem extends CheckedSystem {
  override readonly name = "numpy";
  readonly engine: Engine;
  readonly #ready: Promise<void>;

  constructor(architecture: Architecture, options: NumpyOptions = {}) {
    super(architecture);
    this.engine = createEngine(architecture, options);
    const weights = initialWeights(architecture, "lecun", options.seed ?? 0);
    this.#ready = Promise.resolve(this.engine.setWeights(weights));
  }

  override get runsOn(): string {
    return this.engine.name;
  }

  protected override async train(train: Batches, options: FitOptions): Promise<History> {
    await this.#ready;
    const { engine } = this;
    return await trainingLoop(this, train, options, {
      begin: (state) => engine.begin(options.optimizer, state),
      step: (batch, settings) => engine.step(batch, settings),
      optimizerState: () => engine.optimizerState(),
    });
  }

  protected override async infer(images: Float32Array, count: number): Promise<Float32Array> {
    await this.#ready;
    // the kernels would start threads that nobody stops
    if (this.isDisposed) {
      throw new SystemStateError("predict: the numpy system was disposed of meanwhile");
    }
    return await this.engine.logits(images, count);
  }

  protected override async readWeights(): Promise<Weights> {
    await this.#ready;
    return await this.engine.weights();
  }

  protected override async writeWeights(weights: Weights): Promise<void> {
    await this.#ready;
    await this.engine.setWeights(weights);
  }

  protected override free(): void {
    this.engine.dispose();
  }
}
