import type { Architecture } from "../../model/architecture.ts";
import { initialWeights } from "../../model/initial_weights.ts";
import { trainingLoop } from "../loop.ts";
import type { Batches, FitOptions, History, System } from "../system.ts";
import type { Weights } from "../../model/weights.ts";
import { ReferenceEngine } from "./reference_engine.ts";
import type { Engine } from "./engine.ts";
import { KernelEngine } from "./kernel_engine.ts";
import type { KernelOptions } from "../../kernels/kernel_network.ts";
import { missingForKernels } from "../../kernels/kernel_platform.ts";
import { planKernels } from "../../kernels/kernel_plan.ts";

/** How the hand-written system is made. */
export interface NumpyOptions extends KernelOptions {
  /** Of the starting weights; default 0. */
  readonly seed?: number;
  /** Default: the kernels where they can run, else the readable reference. */
  readonly engine?: "kernels" | "reference";
}

/**
 * Chooses what computes: the SIMD kernels, or the readable reference where they cannot run.
 * @throws RangeError saying why, if the kernels were asked for and cannot run
 */
export function createEngine(architecture: Architecture, options: NumpyOptions = {}): Engine {
  if (options.engine === "reference") return new ReferenceEngine(architecture);
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

/** The report's "LeNet5 Numpy": every forward and backward pass written by hand. */
export class NumpySystem implements System {
  readonly name = "numpy";
  readonly engine: Engine;

  constructor(readonly architecture: Architecture, options: NumpyOptions = {}) {
    this.engine = createEngine(architecture, options);
    const weights = initialWeights(architecture, "lecun", options.seed ?? 0);
    this.#ready = Promise.resolve(this.engine.setWeights(weights));
  }

  readonly #ready: Promise<void>;

  async fit(train: Batches, options: FitOptions): Promise<History> {
    await this.#ready;
    await this.engine.begin(options.optimizer);
    return await trainingLoop(
      this,
      train,
      options,
      (batch, settings) => this.engine.step(batch, settings),
    );
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
