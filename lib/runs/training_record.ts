import type { EpochRecord, History } from "../systems/system.ts";
import { TrainingProgress } from "../systems/training_progress.ts";
import type { OnProgress } from "../util/progress.ts";
import { batches, type Run, type RunData, type StoppedRun } from "./run.ts";
import { fitOptionsOf, type PreparedRun } from "./train_run.ts";
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
 * Records a training whose loop the caller writes. It counts the mean loss and accuracy of each epoch, measures
 * the validation images after it, draws the progress bar, and returns the run at the end. With the same steps the
 * run is the same as that of `trainRun`.
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
  readonly #progress: TrainingProgress;
  #isInEpoch = false;

  /**
   * The books of a training that begins now.
   * @throws RangeError if the configuration averages weights, which only `fit` does
   */
  constructor(
    readonly configuration: RunConfiguration,
    readonly prepared: PreparedRun,
    data: RunData,
    readonly listeners: TrainingRecordOptions = {},
  ) {
    const { onProgress } = listeners;
    if (configuration.averaging !== undefined) {
      throw new RangeError("a loop that is written out averages no weights; leave out averaging");
    }
    const { system, train, normalisation } = prepared;
    const options = {
      ...fitOptionsOf(configuration),
      validation: batches(data.val, normalisation),
      ...onProgress && { onProgress },
    };
    this.#progress = new TrainingProgress(system, train, options, () => {
      throw new Error("the optimizer of a loop that is written out is its own");
    });
  }

  /** One record for each epoch that has ended. */
  get history(): History {
    return this.#progress.history;
  }

  /** Whether the training was stopped. */
  get isStopped(): boolean {
    return this.listeners.signal?.aborted ?? false;
  }

  /** The numbers of the epochs, from 1; a training that was stopped has no further ones. */
  *epochs(): Generator<number, void, void> {
    for (let epoch = 1; epoch <= this.configuration.epochs && !this.isStopped; epoch++) {
      this.#progress.beginEpoch();
      this.#isInEpoch = true;
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
    if (!this.#isInEpoch) throw new Error("batch() belongs into the loop over epochs()");
    await this.#progress.add(size, loss, correct);
    return this.isStopped;
  }

  /** Ends an epoch with the validation; an epoch that was stopped leaves no record. */
  async endEpoch(): Promise<void> {
    if (!this.#isInEpoch || this.isStopped) return;
    await this.#progress.finishEpoch();
    const { history } = this;
    await this.listeners.onEpoch?.(history.at(-1)!, history);
  }

  /** The run as far as it has come, to be kept by a `RunStore` if it is whole. */
  async run(): Promise<Run | StoppedRun> {
    return await runOf(this.configuration, this.prepared, [...this.history]);
  }
}

/** The run that a training of a prepared system has led to, whole or stopped. */
export async function runOf(
  configuration: RunConfiguration,
  { normalisation, system }: PreparedRun,
  history: History,
): Promise<Run | StoppedRun> {
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  const run = { configuration, normalisation, history, seconds, weights: await system.weights() };
  return history.length < configuration.epochs ? { ...run, stopped: true } : run;
}
