import { EpochMeter } from "../systems/loop.ts";
import type { EpochRecord, FitOptions, History } from "../systems/system.ts";
import type { OnProgress } from "../util/progress.ts";
import {
  batches,
  fitOptionsOf,
  type PreparedRun,
  type Run,
  type RunData,
  type StoppedRun,
} from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/** Who is told of a training whose loop somebody else writes, and what stops it. */
export interface TrainingRecordOptions {
  /** Told after each batch. */
  readonly onProgress?: OnProgress;
  /** Told after each epoch. */
  readonly onEpoch?: (record: EpochRecord, history: History) => void | Promise<void>;
  /** Stops the training after the batch at hand. */
  readonly signal?: AbortSignal;
}

/**
 * Keeps the books of a training whose loop is written out: the mean loss and accuracy of an epoch, the validation
 * after it, the bar, and at the end the run. With the same steps the run is the same as `trainRun`'s.
 *
 * ```ts
 * for (const _ of record.epochs()) {
 *   for await (const batch of train) {
 *     if (await record.batch(batch.size, step(batch))) break; // stopped
 *   }
 *   await record.endEpoch();
 * }
 * const run = await record.run();
 * ```
 */
export class TrainingRecord {
  readonly #options: FitOptions;
  readonly #history: EpochRecord[] = [];
  #meter: EpochMeter | undefined;

  /** The books of a training that begins now. */
  constructor(
    readonly configuration: RunConfiguration,
    readonly prepared: PreparedRun,
    data: RunData,
    readonly listeners: TrainingRecordOptions = {},
  ) {
    const { onProgress } = listeners;
    this.#options = {
      ...fitOptionsOf(configuration),
      validation: batches(data.val, prepared.normalisation),
      ...onProgress && { onProgress },
    };
  }

  /** One record for each epoch that has ended. */
  get history(): History {
    return this.#history;
  }

  /** Whether the training was stopped. */
  get isStopped(): boolean {
    return this.listeners.signal?.aborted ?? false;
  }

  /** The numbers of the epochs, from 1; a training that was stopped has no further ones. */
  *epochs(): Generator<number, void, void> {
    for (let epoch = 1; epoch <= this.configuration.epochs && !this.isStopped; epoch++) {
      this.#meter = new EpochMeter(epoch, this.prepared.train, this.#options);
      yield epoch;
    }
  }

  /**
   * Adds a batch.
   * @param result the batch's loss, summed over its images, and how many were classified correctly
   * @returns whether the training was stopped
   * @throws BrokenLossError if the loss is NaN or infinite
   */
  async batch(
    size: number,
    { loss, correct }: { readonly loss: number; readonly correct: number },
  ): Promise<boolean> {
    if (!this.#meter) throw new Error("batch() belongs into the loop over epochs()");
    await this.#meter.add(size, loss, correct);
    return this.isStopped;
  }

  /** Ends an epoch with the validation; an epoch that was stopped leaves no record. */
  async endEpoch(): Promise<void> {
    if (!this.#meter || this.isStopped) return;
    const record = await this.#meter.finish(this.prepared.system);
    this.#history.push(record);
    await this.listeners.onEpoch?.(record, this.#history);
  }

  /** The run as far as it has come, to be kept by a `RunStore` if it is whole. */
  async run(): Promise<Run | StoppedRun> {
    const { configuration, prepared: { normalisation, system } } = this;
    const history = [...this.#history];
    const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
    const run = { configuration, normalisation, history, seconds, weights: await system.weights() };
    return history.length < configuration.epochs ? { ...run, stopped: true } : run;
  }
}
