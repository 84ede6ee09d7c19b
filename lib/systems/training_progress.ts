import { predictAll, score } from "./evaluate.ts";
import { type Callback, callbackStates, type Training } from "./callbacks.ts";
import { checkedBatches } from "./check_batches.ts";
import {
  type Batches,
  BrokenLossError,
  type EpochRecord,
  type Evaluation,
  type FitOptions,
  type System,
} from "./system.ts";
import { checkResume, type EpochSums, type TrainingState } from "./training_state.ts";
import type { OptimizerState, StepSettings } from "../model/training_step.ts";
import { WeightAverage } from "./weight_average.ts";

/**
 * The settings of step number `done`, counted from 0 over all epochs.
 * @throws RangeError if the schedule gives no factor to train with
 */
export function stepSettings(train: Batches, options: FitOptions, done: number): StepSettings {
  const { optimizer: { learningRate }, epochs, schedule, loss, labelSmoothing = 0 } = options;
  const steps = epochs * train.length, part = done / steps;
  const epoch = Math.floor(done / train.length);
  const factor = schedule ? schedule(part, { step: done, steps, epoch, epochs, learningRate }) : 1;
  if (!Number.isFinite(factor) || factor < 0) {
    throw new RangeError(`schedule(${part}) must be finite and at least 0, got ${factor}`);
  }
  return { learningRate: learningRate * factor, labelSmoothing, ...loss && { loss } };
}

const nothing: EpochSums = { images: 0, loss: 0, correct: 0, seconds: 0 };

/**
 * Where a training stands: adds up its batches, evaluates after each epoch, calls its listeners, captures
 * its state and goes on from one.
 */
export class TrainingProgress {
  readonly #history: EpochRecord[] = [];
  readonly #firstEpoch: number;
  #steps = 0;
  #sums = nothing;
  #average: WeightAverage | undefined;
  #wasStopped = false;
  /** When the epoch at hand began, less the seconds that it took before an interruption. */
  #start = 0;

  /** @throws RangeError if the options name a state from which the training cannot go on */
  constructor(
    readonly system: System,
    readonly train: Batches,
    readonly options: FitOptions,
    readonly optimizerState: () => OptimizerState | Promise<OptimizerState>,
  ) {
    checkResume(system.architecture, train, options);
    const { resume } = options;
    this.#firstEpoch = resume?.firstEpoch ?? train.epoch ?? 0;
    if (resume === undefined) return;
    this.#history = [...resume.history];
    this.#steps = resume.steps;
    this.#sums = resume.sums;
  }

  /** The records of the epochs completed. */
  get history(): EpochRecord[] {
    return this.#history;
  }

  /** Number of the epoch at hand, from 1. */
  get epoch(): number {
    return this.#history.length + 1;
  }

  /** Whether the training is to end: a signal or a callback has stopped it, or there is no epoch left. */
  get isOver(): boolean {
    return this.isStopped || this.epoch > this.options.epochs;
  }

  /** Whether a signal or a callback has stopped it. */
  get isStopped(): boolean {
    return this.#wasStopped || this.options.signal?.aborted === true;
  }

  /** Number of the next step, counted from the first epoch of the batches. */
  get position(): number {
    return this.#firstEpoch * this.train.length + this.#steps;
  }

  /** The settings of the next step. */
  get settings(): StepSettings {
    return stepSettings(this.train, this.options, this.#steps);
  }

  /** Batches of the epoch at hand that have been trained on. */
  get #batches(): number {
    return this.#steps - this.#history.length * this.train.length;
  }

  /**
   * Where the training goes on from a state: gives the system its weights and the batches their place.
   * @returns the training batches, each of them checked
   */
  async begin(): Promise<Batches> {
    const { system, train, options: { resume, averaging } } = this;
    if (averaging !== undefined) {
      const start = resume?.companions?.average ?? await system.weights();
      this.#average = new WeightAverage(averaging, start);
    }
    for (const callback of this.#callbacks) {
      const { name } = callback;
      const values = resume?.callbacks?.[name], arrays = resume?.companions?.[`callback ${name}`];
      if (resume) callback.restore?.({ values, ...arrays && { arrays } });
      else await callback.onTrainBegin?.(this.#training);
    }
    if (resume) {
      // those of a training that diverged, and was told to go on, are part of its result
      await system.setWeights(resume.weights, { allowBroken: true });
      if (this.#batches === train.length) await this.finishEpoch();
      train.seek!(this.#firstEpoch + this.#history.length, this.#batches);
    }
    return checkedBatches(system.architecture, train, "training", () => this.#seek());
  }

  /**
   * Puts batches that number their epochs where the training stands, since whoever else goes through them meanwhile
   * moves them on.
   * @returns batches of the epoch that have been trained on
   */
  #seek(): number {
    const { train } = this, batch = this.#batches;
    if (train.epoch !== undefined) train.seek?.(this.#firstEpoch + this.#history.length, batch);
    return batch;
  }

  /** Starts the clock of the epoch at hand. */
  beginEpoch(): void {
    this.#start = performance.now() - 1000 * this.#sums.seconds;
  }

  /**
   * Adds a batch's summed loss and count of correct answers.
   * @throws BrokenLossError if the loss is NaN or infinite, unless the options say to go on
   */
  async add(size: number, loss: number, correct: number): Promise<void> {
    this.#steps++;
    const { epochs, onBatch, onProgress, onState, continueAtBrokenLoss } = this.options;
    if (!Number.isFinite(loss) && continueAtBrokenLoss !== true) {
      throw new BrokenLossError(
        `the loss of epoch ${this.epoch}, batch ${this.#batches}, is ${loss / size}`,
      );
    }
    this.#sums = {
      images: this.#sums.images + size,
      loss: this.#sums.loss + loss,
      correct: this.#sums.correct + correct,
      seconds: this.#seconds,
    };
    const record = { size, loss: loss / size, accuracy: correct / size };
    await onBatch?.(record);
    this.#average?.add(await this.system.weights(), this.#steps);
    for (const callback of this.#callbacks) await callback.onBatchEnd?.(record, this.#training);
    const { images } = this.#sums;
    await onProgress?.(
      (this.epoch - 1) * this.train.samples + images,
      epochs * this.train.samples,
      `epoch ${this.epoch}/${epochs}, loss ${(this.#sums.loss / images).toFixed(3)}`,
    );
    await onState?.(() => this.#capture());
  }

  /** Ends the epoch: evaluates the validation images and calls `onEpoch`. */
  async finishEpoch(): Promise<void> {
    const { validation, onEpoch } = this.options;
    const { images, loss, correct, seconds } = this.#sums;
    const record: EpochRecord = {
      epoch: this.epoch,
      loss: loss / images,
      accuracy: correct / images,
      seconds,
      imagesPerSecond: images / seconds,
      ...(validation ? { val: await this.#validate(validation) } : {}),
    };
    await onEpoch?.(record);
    for (const callback of this.#callbacks) await callback.onEpochEnd?.(record, this.#training);
    this.#history.push(record);
    this.#sums = nothing;
  }

  /**
   * Ends the training, whether it came to its last epoch or was stopped: leaves the mean of the weights in the
   * system, if there is one.
   * @returns the records of the epochs completed
   */
  async end(): Promise<EpochRecord[]> {
    const mean = this.#average?.weights();
    if (mean) await this.system.setWeights(mean, { allowBroken: true });
    if (!this.options.signal?.aborted) {
      for (const callback of this.#callbacks) await callback.onTrainEnd?.(this.#training);
    }
    return this.#history;
  }

  get #callbacks(): readonly Callback[] {
    return this.options.callbacks ?? [];
  }

  get #training(): Training {
    return {
      system: this.system,
      epoch: this.epoch,
      steps: this.#steps,
      hasValidation: this.options.validation !== undefined,
      weights: async () => this.#average?.weights() ?? await this.system.weights(),
      stop: () => void (this.#wasStopped = true),
    };
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  async #capture(): Promise<TrainingState> {
    return {
      steps: this.#steps,
      firstEpoch: this.#firstEpoch,
      history: [...this.#history],
      sums: this.#sums,
      weights: await this.system.weights(),
      optimizer: await this.optimizerState(),
      ...this.#companions(),
    };
  }

  /** What is kept of the mean of the weights and of the callbacks. */
  #companions(): Pick<TrainingState, "companions" | "callbacks"> {
    const { callbacks, companions } = callbackStates(this.#callbacks);
    const all = { ...companions, ...this.#average && { average: this.#average.weights() } };
    return {
      ...Object.keys(all).length > 0 && { companions: all },
      ...Object.keys(callbacks).length > 0 && { callbacks },
    };
  }

  /** Evaluates the mean of the weights, if there is one; the training goes on with its own. */
  async #validate(validation: Batches): Promise<Evaluation> {
    const { system } = this, mean = this.#average?.weights();
    const own = mean && await system.weights();
    if (mean) await system.setWeights(mean, { allowBroken: true });
    const checked = checkedBatches(system.architecture, validation, "validation");
    try {
      return score(await predictAll(system, checked));
    } finally {
      if (own) await system.setWeights(own, { allowBroken: true });
    }
  }
}
