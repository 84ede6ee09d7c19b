import { join } from "node:path";
import { datasetFromEnvironment } from "../data/open_dataset.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Architecture, lenet5 } from "../model/architecture.ts";
import { loadPixels } from "../pixels/load_pixels.ts";
import { systemNames } from "../systems/create_system.ts";
import { projectRoot } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import type { RunData } from "./run.ts";
import { runConfiguration } from "./run_configuration.ts";
import { type KeptRun, RunStore } from "./run_store.ts";

/** Makes a listener for one long piece of work: a progress bar with this label. */
export type ProgressFactory = (label: string, unit: string) => OnProgress;

/** What every notebook starts from: a data set, its pixels, the network and where results go. */
export interface Experiment {
  /** The image files. */
  readonly dataset: Dataset;
  /** The preprocessed images. */
  readonly data: RunData;
  /** LeNet-5 for the classes of the data set. */
  readonly architecture: Architecture;
  /** Folder of tables and figures. */
  readonly results: string;
  /** Keeps the runs, in the same folder. */
  readonly store: RunStore;
}

/**
 * Opens the data set that `LENET_DATA` names (by default the synthetic one, made if missing) and
 * preprocesses it, or takes the pixels from the cache.
 */
export async function openExperiment(progress?: ProgressFactory): Promise<Experiment> {
  const dataset = await datasetFromEnvironment(progress?.("Making the synthetic images", "images"));
  const onProgress = progress?.("Preprocessing to 32×32 grey", "images");
  const data = await loadPixels(dataset, {}, onProgress ? { onProgress } : {});
  const results = resultsFolder(dataset);
  const architecture = lenet5(dataset.classes.length);
  return { dataset, data, architecture, results, store: new RunStore(results) };
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

/** The corrected runs of all three systems with seed 1, loaded or trained. */
export async function loadOrTrainAll(
  { architecture, data, store }: Experiment,
  progress?: ProgressFactory,
): Promise<KeptRun[]> {
  const runs: KeptRun[] = [];
  for (const system of systemNames) {
    const onProgress = progress?.(`Training ${system}`, "images");
    const configuration = runConfiguration({ system, architecture });
    runs.push(await store.loadOrTrain(configuration, data, onProgress ? { onProgress } : {}));
  }
  return runs;
}
