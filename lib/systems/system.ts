import type { Architecture } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { OptimizerOptions } from "../model/training_step.ts";

/** The names the report gives its three systems. */
export type SystemName = "numpy" | "torch" | "keras";

/** Batches that can be gone through once an epoch, reshuffled each time; a `DataLoader`, say. */
export interface Batches extends AsyncIterable<Batch> {
  /** Batches an epoch. */
  readonly length: number;
  /** Images an epoch. */
  readonly samples: number;
}

/** How well a system does on some images. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  readonly top1: number;
  readonly top5: number;
  readonly images: number;
}

/** One batch of training, as it was before the step. */
export interface BatchRecord {
  readonly size: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share classified correctly. */
  readonly accuracy: number;
}

/** One epoch of training. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean cross-entropy over the epoch's batches, in nats, while the weights were moving. */
  readonly loss: number;
  /** Share of the epoch's training images classified correctly, while the weights were moving. */
  readonly accuracy: number;
  /** Seconds of training, evaluation not counted. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** On the validation images, after the epoch. */
  readonly val?: Evaluation;
}

export type History = readonly EpochRecord[];

/** What `System.fit` is told. */
export interface FitOptions {
  readonly epochs: number;
  readonly optimizer: OptimizerOptions;
  /** Factor on the learning rate by the share of all steps that is done, in [0, 1); default 1. */
  readonly schedule?: (share: number) => number;
  /** Share of each target that is spread evenly over all classes, in [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /** Evaluated after each epoch when given. */
  readonly validation?: Batches;
  /** Told after each batch. */
  readonly onBatch?: (record: BatchRecord) => void | Promise<void>;
  /** Told after each batch: images done of all images in all epochs. */
  readonly onProgress?: import("../util/progress.ts").OnProgress;
  /** Told after each epoch. */
  readonly onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Stops the training after the batch at hand; the epochs completed are returned. */
  readonly signal?: AbortSignal;
}

/**
 * What the three systems have in common, so that a notebook, a test or a bench swaps them by name.
 * Images are (N, channels, height, width) and normalised; logits are (N, classes).
 */
export interface System {
  readonly name: SystemName;
  readonly architecture: Architecture;
  /** What computes: "kernels (narrow, 2 threads)", "reference", "native TensorFlow 2.21". */
  readonly runsOn: string;
  /** Trains in place and returns one record an epoch. */
  fit(train: Batches, options: FitOptions): Promise<History>;
  /** Logits of `count` images laid one after the other, (count, classes). */
  predict(images: Float32Array, count: number): Promise<Float32Array>;
  /** A copy of the weights in the common form (PyTorch's names and layouts). */
  weights(): Promise<Weights>;
  /** Replaces all weights; names and shapes must be those of the architecture. */
  setWeights(weights: Weights): Promise<void>;
  /** Frees what the system holds outside JavaScript's memory. */
  dispose(): void;
}
