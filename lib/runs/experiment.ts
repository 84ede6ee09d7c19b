import { join } from "node:path";
import {
  chooseDataset,
  datasetFromEnvironment,
  knownDataset,
  openOptionsFromEnvironment,
} from "../data/choose_dataset.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Architecture, lenet5 } from "../model/architecture.ts";
import { type DatasetPixels, loadPixels } from "../pixels/load_pixels.ts";
import { systemNames } from "../systems/create_system.ts";
import { projectRoot } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { type GatheredParameters, gatherParameters, type Parameters } from "./parameters.ts";
import { type RunConfiguration, runConfiguration, type RunSettings } from "./run_configuration.ts";
import { ownResults } from "./results_name.ts";
import { type KeptRun, RunStore } from "./run_store.ts";
import { environment, setEnvironment } from "../util/platform.ts";

/** Makes a listener for one long piece of work: a progress bar with this label. */
export type ProgressFactory = (label: string, unit: string) => OnProgress;

/** What every notebook starts from: a data set, its pixels, the network and where results go. */
export interface Experiment {
  /** The image files. */
  readonly dataset: Dataset;
  /** The preprocessed images. */
  readonly data: DatasetPixels;
  /** LeNet-5 for the classes of the data set. */
  readonly architecture: Architecture;
  /** Folder of tables and figures. */
  readonly results: string;
  /** Whether these are results to keep, which `reproduce` asks for, or those of somebody who explores. */
  readonly isReproduction: boolean;
  /** Keeps the runs, for `reproduce` and for those who explore alike. */
  readonly store: RunStore;
  /** What the notebooks said, and which of them. */
  readonly parameters: GatheredParameters;
  /**
   * A configuration with the notebook's parameters and this network; whatever else is given counts more.
   * Only what is left out by both is as in the corrected recipe.
   */
  configuration(settings: Omit<RunSettings, "architecture">): RunConfiguration;
}

/** What an experiment is opened with: the parameters, and the notebook that says them. */
export interface ExperimentOptions extends Parameters {
  /** Name of the notebook, as in "3_training"; without it nothing is kept for other notebooks. */
  readonly notebook?: string;
}

/**
 * Opens the data set of the parameters (else the one that `LENET_DATA` names, else the synthetic one, made if
 * missing) and preprocesses it, or takes the pixels from the cache.
 * @throws RangeError naming a parameter without a sensible value
 * @throws DataError as `openDataset` does
 */
export async function openExperiment(
  progress?: ProgressFactory,
  { notebook, ...given }: ExperimentOptions = {},
): Promise<Experiment> {
  const parameters =
    await (notebook === undefined
      ? gatherParameters("", given, "none")
      : gatherParameters(notebook, given));
  const { dataFolder, threads, epochs, batchSize, learningRate, seed, backend } = parameters.values;
  // read by `defaultThreads`; what is open already keeps its threads
  if (threads !== undefined) setEnvironment("LENET_THREADS", String(threads));
  const known = knownDataset(dataFolder ?? environment("LENET_DATA") ?? "");
  const making = known
    ? progress?.(`Getting ${known.name}`, "kB")
    : progress?.("Making the synthetic images", "images");
  const dataset =
    await (dataFolder === undefined
      ? datasetFromEnvironment(making)
      : chooseDataset(dataFolder, making, openOptionsFromEnvironment()));
  const onProgress = progress?.("Preprocessing to 32×32 grey", "images");
  const data = await loadPixels(dataset, {}, onProgress ? { onProgress } : {});
  const results = resultsFolder(dataset);
  const architecture = lenet5(dataset.classes.length);
  const own = {
    ...epochs && { epochs },
    ...batchSize && { batchSize },
    ...learningRate && { optimizer: { kind: "adam", learningRate } as const },
    ...seed !== undefined && { seed },
    ...backend && { backend },
  };
  return {
    dataset,
    data,
    architecture,
    results,
    parameters,
    isReproduction: reproducedResults() !== undefined,
    store: new RunStore(reproducedResults() ?? committedResults(dataset)),
    configuration: (settings) => runConfiguration({ architecture, ...own, ...settings }),
  };
}

/**
 * Where tables and figures go: the folder in `LENET_RESULTS`, which `reproduce` sets. For everybody else,
 * who explores, it is a folder of `results/explored/`, see `ownResults`, so that no committed file changes.
 */
export function resultsFolder({ root }: Pick<Dataset, "root">): string {
  return reproducedResults() ?? ownResults(join(projectRoot, "results", "explored"), root);
}

/** The folder that `reproduce` wants the results in, undefined where it does not run. */
export function reproducedResults(): string | undefined {
  return environment("LENET_RESULTS") || undefined;
}

/** `results/` for the default data, a folder in it, see `ownResults`, for any other. */
export function committedResults({ root }: Pick<Dataset, "root">): string {
  const isDefault = root.replace(/\/+$/, "") === join(projectRoot, "data", "synthetic50");
  const all = join(projectRoot, "results");
  return isDefault ? all : ownResults(all, root);
}

/** The corrected runs of all three systems with the experiment's parameters, loaded or trained. */
export async function loadOrTrainAll(
  { configuration, data, store }: Experiment,
  progress?: ProgressFactory,
): Promise<KeptRun[]> {
  const runs: KeptRun[] = [];
  for (const system of systemNames) {
    const onProgress = progress?.(`Training ${system}`, "images");
    const options = onProgress ? { onProgress } : {};
    runs.push(await store.loadOrTrain(configuration({ system }), data, options));
  }
  return runs;
}
