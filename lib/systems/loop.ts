import { checkedBatches } from "./check_batches.ts";
import { checkFit } from "./check_fit.ts";
import { predictAll, score } from "./evaluate.ts";
import {
  type Batches,
  BrokenLossError,
  type EpochRecord,
  type Evaluation,
  type FitOptions,
  type History,
  type System,
} from "./system.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { StepResult, StepSettings } from "../model/training_step.ts";

/**
 * The settings of step number `done`, counted from 0 over all epochs.
 * @throws RangeError if the schedule gives no factor to train with
 */
export function stepSettings(train: Batches, options: FitOptions, done: number): StepSettings {
  const { optimizer, epochs, schedule, labelSmoothing = 0 } = options;
  const part = done / (epochs * train.length);
  const factor = schedule ? schedule(part) : 1;
  if (!Number.isFinite(factor) || factor < 0) {
    throw new RangeError(`schedule(${part}) must be finite and at least 0, got ${factor}`);
  }
  return { learningRate: optimizer.learningRate * factor, labelSmoothing };
}

/**
 * The training loop that the hand-written and the PyTorch-style system share: checks, epochs, batches,
 * the running loss and accuracy, validation, progress and stopping. `step` learns from one batch.
 */
export async function trainingLoop(
  system: System,
  train: Batches,
  options: FitOptions,
  step: (batch: Batch, settings: StepSettings) => StepResult | Promise<StepResult>,
): Promise<History> {
  checkFit(train, options);
  const checked = checkedBatches(system.architecture, train, "training");
  const history: EpochRecord[] = [];
  let done = 0;
  for (let epoch = 1; epoch <= options.epochs && !options.signal?.aborted; epoch++) {
    const meter = new EpochMeter(epoch, train, options);
    for await (const batch of checked) {
      const { loss, correct } = await step(batch, stepSettings(train, options, done++));
      await meter.add(batch.size, loss, correct);
      if (options.signal?.aborted) return history;
    }
    history.push(await meter.finish(system));
  }
  return history;
}

/** Adds up the batches of one epoch, and calls the listeners of the training. */
export class EpochMeter {
  #images = 0;
  #loss = 0;
  #correct = 0;
  #batches = 0;
  #start = performance.now();

  constructor(
    readonly epoch: number,
    readonly train: Batches,
    readonly options: FitOptions,
  ) {}

  /**
   * Adds a batch's summed loss and count of correct answers.
   * @throws BrokenLossError if the loss is NaN or infinite, unless the options say to go on
   */
  async add(size: number, loss: number, correct: number): Promise<void> {
    this.#batches++;
    if (!Number.isFinite(loss) && this.options.continueAtBrokenLoss !== true) {
      throw new BrokenLossError(
        `the loss of epoch ${this.epoch}, batch ${this.#batches}, is ${
          loss / size
        }: the training ` +
          "has diverged. Try a smaller learning rate, or look for weights and pixels that are out of " +
          "scale; with continueAtBrokenLoss it goes on",
      );
    }
    this.#images += size;
    this.#loss += loss;
    this.#correct += correct;
    const { epochs, onBatch, onProgress } = this.options;
    await onBatch?.({ size, loss: loss / size, accuracy: correct / size });
    const before = (this.epoch - 1) * this.train.samples;
    await onProgress?.(
      before + this.#images,
      epochs * this.train.samples,
      `epoch ${this.epoch}/${epochs}, loss ${(this.#loss / this.#images).toFixed(3)}`,
    );
  }

  /** Ends the epoch: evaluates the validation images and calls `onEpoch`. */
  async finish(system: System): Promise<EpochRecord> {
    const seconds = (performance.now() - this.#start) / 1000;
    const { validation, onEpoch } = this.options;
    const record: EpochRecord = {
      epoch: this.epoch,
      loss: this.#loss / this.#images,
      accuracy: this.#correct / this.#images,
      seconds,
      imagesPerSecond: this.#images / seconds,
      ...(validation ? { val: await this.#validate(system, validation) } : {}),
    };
    await onEpoch?.(record);
    return record;
  }

  async #validate(system: System, validation: Batches): Promise<Evaluation> {
    const checked = checkedBatches(system.architecture, validation, "validation");
    return score(await predictAll(system, checked));
  }
}
