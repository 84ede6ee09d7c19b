/** Trainings that go on from a run, as `sideBySide` does them. */
import { trainQuantized } from "../compression/quantization/quantized_training.ts";
import type { Architecture } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import {
  fineTuneFit,
  type FineTuneOptions,
  moreEpochs,
  trainBatches,
  trainOn,
} from "./finetuning.ts";
import { type Run, type RunData, systemOf } from "./run.ts";
import { type Telling, trainsApart, type Work } from "./side_by_side.ts";

/** A training on of a run's network, or of one that was made from it. */
export function furtherTraining(
  run: Run,
  train: Work<Weights>["run"],
  options: FineTuneOptions,
  ...others: readonly unknown[]
): Work<Weights> {
  const { epochs } = options;
  return {
    name: `the training for ${moreEpochs(epochs)}`,
    module: import.meta.url,
    run: train,
    args: [run, options, ...others],
    units: epochs,
    isApart: trainsApart(run.configuration),
  };
}

/** `trainOn`, as `sideBySide` calls it. */
export function trainFurther(
  { data }: { readonly data: RunData },
  { onProgress }: Pick<Telling, "onProgress">,
  run: Run,
  options: FineTuneOptions,
  architecture: Architecture,
  weights: Weights,
): Promise<Weights> {
  return trainOn(run, data, architecture, weights, options, {}, onProgress);
}

/** Trains a run's network on with rounded weights, as `sideBySide` calls it. */
export async function finetuneQuantized(
  { data }: { readonly data: RunData },
  { onProgress }: Pick<Telling, "onProgress">,
  run: Run,
  options: FineTuneOptions,
): Promise<Weights> {
  const system = await systemOf(run.configuration);
  try {
    await system.setWeights(run.weights);
    const loader = trainBatches(run, data, options.augmentation);
    const fit = { ...fineTuneFit(options), onProgress };
    return (await trainQuantized(system, "channel", loader, fit)).weights;
  } finally {
    system.dispose();
  }
}
