import { median } from "../metrics/median.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { batches, type RunData } from "../runs/run.ts";
import type { RunStore } from "../runs/run_store.ts";
import { defaultSeeds, runSeeds, type SeedRun } from "../runs/run_seeds.ts";
import type { OnProgress } from "../util/progress.ts";
import { type Ablation, type AblationName, ablations, type AblationStep } from "./ablations.ts";
import { type LayerStatistics, layerStatistics } from "./layer_statistics.ts";
import { summarize, type Summary } from "./summary.ts";

/** A step of an ablation, its runs, and what they have in common. */
export interface MeasuredStep {
  /** What was changed. */
  readonly step: AblationStep;
  /** One run for each seed. */
  readonly runs: readonly SeedRun[];
  /** What the runs have in common. */
  readonly summary: Summary;
  /** Layer by layer at the end of the training: medians over the seeds. */
  readonly layers: readonly LayerStatistics[];
}

/** An ablation with every step measured. */
export interface MeasuredAblation {
  /** What the table is called. */
  readonly name: string;
  /** The steps in their order. */
  readonly steps: readonly MeasuredStep[];
  /** The run that the ablation starts from, and the correct one in which it ends. */
  readonly first: Summary;
  /** Summary of the corrected run. */
  readonly last: Summary;
}

/** Measures one ablation, step by step. @param onProgress told of finished steps */
export async function measureAblation(
  { store, data }: { readonly store: RunStore; readonly data: RunData },
  { name, steps }: Ablation,
  onProgress?: OnProgress,
  seeds: readonly number[] = defaultSeeds,
): Promise<MeasuredAblation> {
  const measured: MeasuredStep[] = [];
  for (const step of steps) {
    const runs = await runSeeds(store, data, step.configuration, seeds);
    const layers = await medianLayers(runs, data);
    measured.push({ step, runs, summary: summarize(runs), layers });
    await onProgress?.(measured.length, steps.length, step.change);
  }
  const [first, last] = [measured[0]!.summary, measured.at(-1)!.summary];
  return { name, steps: measured, first, last };
}

/** Measures all ablations. */
export async function measureAblations(
  experiment: Experiment,
  progress?: ProgressFactory,
): Promise<Readonly<Record<AblationName, MeasuredAblation>>> {
  const all = ablations(experiment.architecture);
  const measure = (name: AblationName) =>
    measureAblation(experiment, all[name], progress?.(`Ablation: ${all[name].name}`, "steps"));
  return {
    numpy: await measure("numpy"),
    torch: await measure("torch"),
    keras: await measure("keras"),
    text: await measure("text"),
  };
}

/** Test images on which saturation and gradients are measured. */
export const MEASURED_IMAGES = 256;

/** Layer statistics on randomly drawn test images, as medians over runs of one configuration. */
async function medianLayers(
  runs: readonly SeedRun[],
  { test }: RunData,
): Promise<LayerStatistics[]> {
  const all: LayerStatistics[][] = [];
  for (const { run: { configuration, weights, normalisation } } of runs) {
    // the seed is the same for all, so that all are measured on the same images
    const loader = batches(test, normalisation, {
      ...{ batchSize: MEASURED_IMAGES, shuffle: true, seed: 1 },
    });
    const { value } = await loader[Symbol.asyncIterator]().next();
    all.push(layerStatistics(configuration.architecture, weights, value!));
  }
  return all[0]!.map(({ layer, saturated }, i) => ({
    layer,
    saturated: saturated === undefined ? undefined : median(all.map((own) => own[i]!.saturated!)),
    gradientNorm: median(all.map((own) => own[i]!.gradientNorm)),
  }));
}
