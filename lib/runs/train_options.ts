import type { LossFunction } from "../model/loss.ts";
import type { OptimizerState } from "../model/training_step.ts";
import type { Callback } from "../systems/callbacks.ts";
import type { Schedule } from "../systems/schedule.ts";
import type { EpochRecord } from "../systems/system.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Run } from "./run.ts";

/** Options of a training that are no part of its configuration. */
export interface TrainOptions {
  /** Told after each batch. */
  readonly onProgress?: OnProgress;
  /** Told after each epoch. */
  readonly onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /**
   * Callbacks of the training, see `FitOptions`. They, `schedule`, `loss` and `optimizerState` are no part of the
   * configuration. So no store keeps a run that was trained with one of them, and whoever goes on from a
   * checkpoint must give the same ones again. A run that a callback ends before the last epoch is whole.
   */
  readonly callbacks?: readonly Callback[];
  /** A schedule in place of the configuration's. */
  readonly schedule?: Schedule;
  /** A loss in place of the cross-entropy. */
  readonly loss?: LossFunction;
  /** State that the optimizer starts with. */
  readonly optimizerState?: OptimizerState;
  /**
   * Whether a training whose loss is NaN or infinite goes on, so that its result can be shown. By
   * default it ends with a `BrokenLossError`.
   */
  readonly continueAtBrokenLoss?: boolean;
  /** The trained teacher that the configuration asks for; by default it is trained first. */
  readonly teacher?: Run;
  /** Where the state of the training is kept, to go on from if it is interrupted; default: nowhere. */
  readonly checkpoint?: Checkpoint;
  /** See `StoppableTrainOptions`. */
  readonly signal?: undefined;
}

/** The options of a training that may be stopped, and then gives a `StoppedRun`. */
export interface StoppableTrainOptions extends Omit<TrainOptions, "signal"> {
  /** Stops the training after the batch at hand. */
  readonly signal: AbortSignal;
}
