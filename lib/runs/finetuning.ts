import { fineTune } from "../compression/finetune.ts";
import type { Masks } from "../compression/masks.ts";
import type { Augmentation } from "../pixels/augment.ts";
import type { DataLoader } from "../pixels/loader.ts";
import type { Architecture } from "../model/architecture.ts";
import { oneCycle } from "../systems/schedule.ts";
import type { FitOptions } from "../systems/system.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import { batches, type Run, type RunData, systemOf } from "./run.ts";

/** How to train on after compression. */
export interface FineTuneOptions {
  /** Epochs of fine-tuning, from 1. */
  readonly epochs: number;
  /** Adam's learning rate, above 0. */
  readonly learningRate: number;
  /** Default: the learning rate stays as it is. */
  readonly schedule?: "one-cycle";
  /** Share of each target spread over all classes; default 0. */
  readonly labelSmoothing?: number;
  /** How training images are varied; default: not at all. */
  readonly augmentation?: Augmentation;
}

/** A third of the training again, at the same rate. It was chosen once and not tuned on any result. */
export const defaultFineTune: FineTuneOptions = { epochs: 3, learningRate: 1e-3 };

/** Twice the training again, for networks that lost much. It was chosen on validation images. */
export const longFineTune: FineTuneOptions = {
  epochs: 20,
  learningRate: 3e-3,
  schedule: "one-cycle",
  labelSmoothing: 0.1,
  augmentation: { shift: 2, mirror: true },
};

/** "1 more epoch", "20 more epochs": how networks that were trained on are named. */
export function moreEpochs(count: number): string {
  return `${count} more ${count === 1 ? "epoch" : "epochs"}`;
}

/** What fine-tuning tells `System.fit`. */
export function fineTuneFit(options: FineTuneOptions): FitOptions {
  const { epochs, learningRate, schedule, labelSmoothing = 0 } = options;
  return {
    epochs,
    optimizer: { kind: "adam", learningRate },
    labelSmoothing,
    ...(schedule ? { schedule: oneCycle } : {}),
  };
}

/** The run's training images, in its batches and from its seed. */
export function trainBatches(
  run: Run,
  data: RunData,
  augmentation: Augmentation = {},
): DataLoader {
  const { batchSize, seed } = run.configuration;
  return batches(data.train, run.normalisation, { batchSize, seed, shuffle: true, augmentation });
}

/**
 * Trains weights on with the run's system.
 * @param architecture of the weights, which may be smaller than the run's own
 * @param masks name the weights that stay pruned meanwhile
 * @param onProgress told after each batch
 */
export async function trainOn(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
  options: FineTuneOptions,
  masks: Masks = {},
  onProgress?: OnProgress,
): Promise<Weights> {
  const system = await systemOf(run.configuration, architecture);
  try {
    await system.setWeights(weights);
    const loader = trainBatches(run, data, options.augmentation);
    const { length } = Object.keys(masks);
    const fit = { ...fineTuneFit(options), ...onProgress && { onProgress } };
    if (length > 0) await fineTune(system, masks, loader, fit);
    else await system.fit(loader, fit);
    return await system.weights();
  } finally {
    system.dispose();
  }
}
