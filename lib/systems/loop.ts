import { predictAll, score } from "./evaluate.ts";
import type { Batches, EpochRecord, FitOptions, History, System } from "./system.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { StepResult, StepSettings } from "../model/training_step.ts";

/** The settings of step number `done`, counted from 0 over all epochs. */
export function stepSettings(train: Batches, options: FitOptions, done: number): StepSettings {
  const { optimizer, epochs, schedule, labelSmoothing = 0 } = options;
  const factor = schedule?.(done / (epochs * train.length)) ?? 1;
  return { learningRate: optimizer.learningRate * factor, labelSmoothing };
}

/**
 * The training loop that the hand-written and the PyTorch-style system share: epochs, batches, the
 * running loss and accuracy, validation, progress and stopping. `step` learns from one batch.
 */
export async function trainingLoop(
  system: System,
  train: Batches,
  options: FitOptions,
  step: (batch: Batch, settings: StepSettings) => StepResult | Promise<StepResult>,
): Promise<History> {
  checkFit(train, options);
  const history: EpochRecord[] = [];
  let done = 0;
  for (let epoch = 1; epoch <= options.epochs && !options.signal?.aborted; epoch++) {
    const meter = new EpochMeter(epoch, train, options);
    for await (const batch of train) {
      const { loss, correct } = await step(batch, stepSettings(train, options, done++));
      await meter.add(batch.size, loss, correct);
      if (options.signal?.aborted) return history;
    }
    history.push(await meter.finish(system));
  }
  return history;
}

/** @throws RangeError naming the value that cannot be trained with */
export function checkFit(
  train: Batches,
  { epochs, optimizer, labelSmoothing = 0 }: FitOptions,
): void {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`epochs must be a whole number of at least 1, got ${epochs}`);
  }
  if (!(optimizer.learningRate > 0) || !Number.isFinite(optimizer.learningRate)) {
    throw new RangeError(`learningRate must be above 0, got ${optimizer.learningRate}`);
  }
  if (optimizer.kind === "sgd" && !(optimizer.momentum >= 0 && optimizer.momentum < 1)) {
    throw new RangeError(`momentum must be in [0, 1), got ${optimizer.momentum}`);
  }
  const decay = optimizer.kind === "adam" ? optimizer.weightDecay ?? 0 : 0;
  if (!(decay >= 0)) throw new RangeError(`weightDecay must be at least 0, got ${decay}`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(`labelSmoothing must be in [0, 1), got ${labelSmoothing}`);
  }
  if (train.samples === 0) throw new RangeError("there are no training images");
}

/** Sums up one epoch and tells of it. */
export class EpochMeter {
  #images = 0;
  #loss = 0;
  #correct = 0;
  #start = performance.now();

  constructor(
    readonly epoch: number,
    readonly train: Batches,
    readonly options: FitOptions,
  ) {}

  /** Adds a batch's summed loss and count of correct answers. */
  async add(size: number, loss: number, correct: number): Promise<void> {
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

  /** Ends the epoch: evaluates the validation images and tells `onEpoch`. */
  async finish(system: System): Promise<EpochRecord> {
    const seconds = (performance.now() - this.#start) / 1000;
    const { validation, onEpoch } = this.options;
    const record: EpochRecord = {
      epoch: this.epoch,
      loss: this.#loss / this.#images,
      accuracy: this.#correct / this.#images,
      seconds,
      imagesPerSecond: this.#images / seconds,
      ...(validation ? { val: score(await predictAll(system, validation)) } : {}),
    };
    await onEpoch?.(record);
    return record;
  }
}
