import { join } from "node:path";
import { datasetFromEnvironment } from "../data/open_dataset.ts";
import type { Dataset } from "../data/dataset.ts";
import { loadPixels } from "../pixels/load_pixels.ts";
import { type Architecture, lenet5 } from "../model/architecture.ts";
import { systemNames } from "../systems/create_system.ts";
import type { EpochRecord, SystemName } from "../systems/system.ts";
import { projectRoot } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { defaultRunOptions, type Run, type RunData, type RunOptions, trainRun } from "./run.ts";
import { loadRun, runKey, saveRun } from "./run_store.ts";

/** Makes a listener for one long piece of work: a progress bar with this label. */
export type ProgressFactory = (label: string, unit: string) => OnProgress;

/** What every notebook starts from: a data set, its pixels, the network and where results go. */
export interface Experiment {
  readonly dataset: Dataset;
  readonly data: RunData;
  readonly architecture: Architecture;
  readonly options: RunOptions;
  /** Folder of tables, figures and runs. */
  readonly results: string;
}

/**
 * Opens the data set that `LENET_DATA` names (by default the synthetic one, made if missing) and
 * preprocesses it, or takes the pixels from the cache.
 */
export async function openExperiment(progress?: ProgressFactory): Promise<Experiment> {
  const dataset = await datasetFromEnvironment(progress?.("Making the synthetic images", "images"));
  const onProgress = progress?.("Preprocessing to 32×32 grey", "images");
  const data = await loadPixels(dataset, {}, onProgress ? { onProgress } : {});
  return {
    dataset,
    data,
    architecture: lenet5(dataset.classes.length),
    options: defaultRunOptions,
    results: resultsFolder(dataset),
  };
}

/**
 * `results/` for the default data, `results/<name of the data set>/` for any other, and whatever
 * `LENET_RESULTS` says before both.
 */
export function resultsFolder(dataset: Pick<Dataset, "name" | "root">): string {
  const chosen = Deno.env.get("LENET_RESULTS");
  if (chosen) return chosen;
  const isDefault = dataset.root.replace(/\/+$/, "") === join(projectRoot, "data", "synthetic50");
  return isDefault ? join(projectRoot, "results") : join(projectRoot, "results", dataset.name);
}

/** Listeners of a training. */
export interface TrainListeners {
  readonly onProgress?: OnProgress;
  readonly onEpoch?: (record: EpochRecord) => void | Promise<void>;
}

/** Trains a system on the experiment's data and saves the run. */
export async function train(
  experiment: Experiment,
  system: SystemName,
  listeners: TrainListeners = {},
): Promise<Run> {
  const { architecture, data, options, results } = experiment;
  const run = await trainRun(system, architecture, data, options, listeners);
  await saveRun(results, run, await runKey(system, architecture, data, options));
  return run;
}

/** The saved run of a system if it is up to date; trained and saved otherwise. */
export async function loadOrTrain(
  experiment: Experiment,
  system: SystemName,
  listeners: TrainListeners = {},
): Promise<Run> {
  const { architecture, data, options, results } = experiment;
  const key = await runKey(system, architecture, data, options);
  return await loadRun(results, system, architecture, key, options) ??
    await train(experiment, system, listeners);
}

/** `loadOrTrain` for all three. */
export async function loadOrTrainAll(
  experiment: Experiment,
  progress?: ProgressFactory,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const system of systemNames) {
    const onProgress = progress?.(`Training ${system}`, "images");
    runs.push(await loadOrTrain(experiment, system, onProgress ? { onProgress } : {}));
  }
  return runs;
}
