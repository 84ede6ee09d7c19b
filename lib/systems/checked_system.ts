import { type Architecture, countClasses } from "../model/architecture.ts";
import { checkFiniteWeights, checkWeights, type Weights } from "../model/weights.ts";
import { checkLogits, checkPredict } from "./check_batches.ts";
import { checkFit } from "./check_fit.ts";
import {
  type Batches,
  BrokenLossError,
  type EpochRecord,
  type FitOptions,
  type History,
  type SetWeightsOptions,
  type System,
  type SystemName,
  SystemStateError,
} from "./system.ts";

/**
 * The base of a system: it keeps bad input and calls at the wrong time away from what computes. A
 * system fills in the five protected methods, which may count on checked arguments and on the system being
 * alive.
 */
export abstract class CheckedSystem implements System {
  abstract readonly name: SystemName;
  abstract readonly runsOn: string;
  #isTraining = false;
  /** Whether somebody has allowed weights that are NaN or infinite, so that logits may be NaN too. */
  #mayBreak = false;
  readonly #disposal = new AbortController();

  /** @throws RangeError naming what is wrong with the architecture */
  constructor(readonly architecture: Architecture) {
    countClasses(architecture);
  }

  /** Trains in place and returns one record for each epoch. */
  protected abstract train(train: Batches, options: FitOptions): Promise<History>;
  /** Logits of `count` images, (count, classes). */
  protected abstract infer(images: Float32Array, count: number): Promise<Float32Array>;
  /** A copy of the weights in the common form. */
  protected abstract readWeights(): Promise<Weights>;
  /** Replaces all weights. */
  protected abstract writeWeights(weights: Weights): Promise<void>;
  /** Frees what the system holds outside JavaScript's memory; called once, when nothing trains. */
  protected abstract free(): void;

  async fit(train: Batches, options: FitOptions): Promise<History> {
    this.#checkAlive("fit");
    if (this.#isTraining) {
      throw new SystemStateError(
        `the ${this.name} system is training already; wait for that fit to end, or make another system`,
      );
    }
    checkFit(train, options);
    const signals = [options.signal, this.#disposal.signal].filter((signal) =>
      signal !== undefined
    );
    this.#isTraining = true;
    this.#mayBreak ||= options.continueAtBrokenLoss === true;
    try {
      const history = await this.train(train, {
        ...options,
        signal: AbortSignal.any(signals),
        onEpoch: (record) => this.#endEpoch(record, options),
      });
      this.#checkAlive("fit");
      return history;
    } finally {
      this.#isTraining = false;
      if (this.isDisposed) this.free();
    }
  }

  async predict(images: Float32Array, count: number): Promise<Float32Array> {
    this.#checkAlive("predict");
    checkPredict(this.architecture, images, count);
    if (count === 0) return new Float32Array(0);
    const logits = await this.infer(images, count);
    // a training looks at its weights after each epoch
    if (!this.#mayBreak && !this.#isTraining) checkLogits(this.architecture, images, logits);
    return logits;
  }

  async weights(): Promise<Weights> {
    this.#checkAlive("weights");
    return await this.readWeights();
  }

  async setWeights(weights: Weights, options: SetWeightsOptions = {}): Promise<void> {
    this.#checkAlive("setWeights");
    checkWeights(this.architecture, weights);
    if (options.allowBroken !== true) checkFiniteWeights(weights);
    await this.writeWeights(weights);
    // within a training its mean and its own weights come and go; what may break, `fit` was told
    if (!this.#isTraining) this.#mayBreak = options.allowBroken === true;
  }

  /** Whether `dispose` has been called. */
  get isDisposed(): boolean {
    return this.#disposal.signal.aborted;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.#disposal.abort();
    if (!this.#isTraining) this.free();
  }

  /** Lets `using system = …` dispose of the system at the end of its block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * A unit that is saturated, or a maximum, can hide a broken weight, so that the loss stays a number.
   * @throws BrokenLossError naming the epoch and the weight that is no number
   */
  async #endEpoch(record: EpochRecord, options: FitOptions): Promise<void> {
    if (options.continueAtBrokenLoss !== true) {
      try {
        checkFiniteWeights(await this.readWeights());
      } catch (error) {
        throw new BrokenLossError(`in epoch ${record.epoch} ${(error as Error).message}`);
      }
    }
    await options.onEpoch?.(record);
  }

  /** @throws SystemStateError if the system was disposed of */
  #checkAlive(method: string): void {
    if (!this.isDisposed) return;
    throw new SystemStateError(
      this.#isTraining
        ? `the ${this.name} system was disposed of while it trained`
        : `${method}: the ${this.name} system was disposed of; make another one`,
    );
  }
}
