import type { Architecture } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { OptimizerOptions, OptimizerState } from "../model/training_step.ts";
import type { LossFunction } from "../model/loss.ts";
import type { Callback } from "./callbacks.ts";
import type { Schedule } from "./schedule.ts";
import type { TrainingState } from "./training_state.ts";

/** The names the paper gives its three systems. */
export type SystemName = "numpy" | "torch" | "keras";

/**
 * Batches that can be gone through once an epoch, reshuffled each time; a `DataLoader`, say. `length` and `samples`
 * must hold in every epoch.
 */
export interface Batches extends AsyncIterable<Batch> {
  /** Batches in an epoch. */
  readonly length: number;
  /** Images in an epoch. */
  readonly samples: number;
  /**
   * The shape of every image, where it is known. Without it only the count of an image's numbers can be
   * checked, and images of 16 × 64 pass for images of 32 × 32.
   */
  readonly imageShape?: Architecture["input"];
  /** Whether each batch has `targets`; default false. */
  readonly softTargets?: boolean;
  /** Number of the epoch that the next iteration goes through, from 0. */
  readonly epoch?: number;
  /**
   * Makes the next iteration begin in an epoch with a batch, both counted from 0. A training goes on from a
   * `TrainingState` only where there is this method.
   */
  seek?(epoch: number, batch: number): void;
}

/** How well a system does on some images. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of the images whose label has the highest logit, in [0, 1]. */
  readonly top1: number;
  /** Share of the images whose label is among the five highest logits, in [0, 1]. */
  readonly top5: number;
  /** Number of images. */
  readonly images: number;
}

/** One batch of training, as it was before the step. */
export interface BatchRecord {
  /** Number of images. */
  readonly size: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Proportion classified correctly, from 0 to 1. */
  readonly accuracy: number;
}

/** One epoch of training. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean cross-entropy over the epoch's batches, in nats, while the weights were moving. */
  readonly loss: number;
  /** Proportion of the epoch's training images classified correctly, while the weights were moving. */
  readonly accuracy: number;
  /** Seconds of training, evaluation not counted. */
  readonly seconds: number;
  /** Training images divided by the seconds. */
  readonly imagesPerSecond: number;
  /** On the validation images, after the epoch. */
  readonly val?: Evaluation;
}

/** The records of a training, one for each epoch. */
export type History = readonly EpochRecord[];

/** What `System.fit` is told. Options of other names are refused. */
export interface FitOptions {
  /** A whole number of at least 1. */
  readonly epochs: number;
  /** The optimizer with its learning rate. */
  readonly optimizer: OptimizerOptions;
  /**
   * Factor on the learning rate by the part of all steps that is done, from 0 to just below 1, and by the place
   * of the step. It must be finite and at least 0. Default: always 1. `learningRates` makes one of rates.
   */
  readonly schedule?: Schedule;
  /**
   * What is minimised in place of the cross-entropy: `weightedCrossEntropy`, or a function of one's own. The
   * records' `loss` of the training is then this one; the evaluation's stays the cross-entropy. On the kernels of
   * the hand-written system each step then goes forwards twice. A torch system with a `criterion` of its own
   * refuses it.
   */
  readonly loss?: LossFunction;
  /** The part of each target that is spread evenly over all classes, in [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /**
   * Part that a running mean of the weights keeps of itself at each step, from 0 to below 1: 0.999, say. At step
   * n it is (1 + n) / (10 + n), as long as that is less. The mean is what is evaluated after each epoch, and
   * what `fit` leaves in the system. Running statistics are averaged as well. Default: no mean.
   */
  readonly averaging?: number;
  /** Evaluated after each epoch when given; not the training loader itself, but another one. */
  readonly validation?: Batches;
  /**
   * Whether the training goes on when a batch's loss is NaN or infinite. By default it ends with a
   * `BrokenLossError` that names the epoch and the batch, since no later step can mend the weights.
   */
  readonly continueAtBrokenLoss?: boolean;
  /** Take part in the training: `earlyStopping`, `saveBest`, or one's own. Their state is part of the training's. */
  readonly callbacks?: readonly Callback[];
  /** Told after each batch. It may read and replace the system's weights. */
  readonly onBatch?: (record: BatchRecord) => void | Promise<void>;
  /** Told after each batch: images done of all images in all epochs. */
  readonly onProgress?: import("../util/progress.ts").OnProgress;
  /** Told after each epoch. */
  readonly onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Stops the training after the batch at hand; the epochs completed are returned. */
  readonly signal?: AbortSignal;
  /**
   * Told after each batch, when all else has been told, how to capture the state of the training. A later
   * `fit` of a system of the same kind goes on from the state as `resume`. Only `capture` costs anything: a
   * copy of the weights and of what the optimizer remembers.
   */
  readonly onState?: (capture: () => Promise<TrainingState>) => void | Promise<void>;
  /**
   * Goes on from here, as if the training had not been interrupted: the system's weights are replaced,
   * and the history returned begins with that of the state. All other options and the batches must be
   * those of the training that was interrupted; nobody can check all of that.
   */
  readonly resume?: TrainingState;
  /** What the optimizer remembers at the first step of a new training; default: nothing. */
  readonly optimizerState?: OptimizerState;
}

/** How `System.setWeights` takes weights. */
export interface SetWeightsOptions {
  /**
   * Whether weights may be NaN or infinite; default false. It is for the weights of a training that
   * diverged and whose result is to be shown.
   */
  readonly allowBroken?: boolean;
}

/** A training whose loss or weights are no numbers any more; the message ends with what to do. */
export class BrokenLossError extends Error {
  /** By which this error is told from others. */
  override readonly name = "BrokenLossError";

  /**
   * The message is made of what was found and of what to do.
   * @param found where the training was, and what is no number
   */
  constructor(found: string) {
    super(
      `${found}: the training has diverged. Try a smaller learning rate, or look for weights and pixels ` +
        "that are out of scale; with continueAtBrokenLoss it goes on",
    );
  }
}

/** A system that was used while it could not be: disposed of, or already training. */
export class SystemStateError extends Error {
  /** By which this error is told from others. */
  override readonly name = "SystemStateError";
}

/**
 * What the three systems have in common, so that a notebook, a test or a bench swaps them by name.
 * Images are (N, channels, height, width) and normalised; logits are (N, classes).
 *
 * A system trains one `fit` at a time. While it trains, `predict`, `weights` and `setWeights` may be
 * called; from `onBatch` and `onEpoch` they act between two steps.
 */
export interface System extends Disposable {
  /** Which of the three systems this is. */
  readonly name: SystemName;
  /** The network that it trains. */
  readonly architecture: Architecture;
  /** What computes: "kernels (narrow, 2 threads)", "reference", "native TensorFlow 2.21". */
  readonly runsOn: string;
  /**
   * Trains in place and returns one record for each epoch.
   * @throws RangeError naming an option, an image or a label that cannot be trained with
   * @throws BrokenLossError when the loss is NaN or infinite
   * @throws SystemStateError if the system is training already, or is disposed of before or meanwhile
   */
  fit(train: Batches, options: FitOptions): Promise<History>;
  /**
   * Logits of `count` images laid one after the other, (count, classes).
   * @param images exactly `count` images, normalised
   * @throws RangeError if the numbers given are not those of `count` images of the architecture's input
   */
  predict(images: Float32Array, count: number): Promise<Float32Array>;
  /** A copy of the weights in the common form (PyTorch's names and layouts). */
  weights(): Promise<Weights>;
  /**
   * Replaces all weights; names and shapes must be those of the architecture.
   * @throws RangeError naming the array that is missing, unknown, misshapen, NaN or infinite
   */
  setWeights(weights: Weights, options?: SetWeightsOptions): Promise<void>;
  /**
   * Frees what the system holds outside JavaScript's memory; a second call does nothing. A training that
   * is under way stops after the batch at hand, its `fit` is rejected with a `SystemStateError`, and
   * only then is the memory freed.
   */
  dispose(): void;
  /** Lets `using system = await createSystem(…)` dispose of the system at the end of its block. */
  [Symbol.dispose](): void;
}
