import { exists } from "../util/files.ts";
import { environmentSwitch } from "../util/environment_switch.ts";
import { environment } from "../util/platform.ts";
import type { OnProgress } from "../util/progress.ts";
import { DataError } from "./data_error.ts";
import type { OpenOptions } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import type { KnownDataset } from "./named/known_dataset.ts";
import { knownDatasets } from "./named/known_datasets.ts";
import { prepareDataset } from "./named/prepare_dataset.ts";
import { openDataset } from "./open_dataset.ts";
import { parseSplit } from "./split_options.ts";
import { defaultDatasetFolder } from "./synthetic/default_dataset.ts";

/** How a data set is found and opened. */
export interface ChooseOptions extends OpenOptions {
  /** Folder in which known data sets lie; default: the project's `data/`. */
  readonly home?: string;
  /** An address that is asked first, for `<name>/<file>`; default: what `LENET_DATA_MIRROR` names. */
  readonly mirror?: string;
}

/** The data set of a name; undefined if the word is none of the names. */
export function knownDataset(word: string): KnownDataset | undefined {
  return knownDatasets.find(({ name }) => name === word);
}

/**
 * A data set by its name, which is downloaded if it is not there (see `knownDatasets`), or a folder of images.
 * A folder that is named like a known data set is written as a path: `./mnist`.
 * @param onProgress told of the kilobytes of a download
 * @throws {DataError} with the list of the names, if the word is neither; as `openDataset` does; or naming what
 * failed of a download
 */
export async function chooseDataset(
  nameOrFolder: string,
  onProgress?: OnProgress,
  options: ChooseOptions = {},
): Promise<Dataset> {
  const { home, mirror, ...opening } = options;
  const known = knownDataset(nameOrFolder);
  if (known) {
    const folder = await prepareDataset(known, { home, mirror, onProgress });
    const dataset = await openDataset(folder, opening);
    // a package of the system has no file with the names
    return known.classes ? { ...dataset, classes: known.classes } : dataset;
  }
  if (!/[./\\]/.test(nameOrFolder) && !await exists(nameOrFolder)) {
    const names = knownDatasets.map(({ name }) => name).join(", ");
    throw new DataError(
      `there is no folder ${nameOrFolder}, and no data set is known by that name; known are ${names}`,
    );
  }
  return await openDataset(nameOrFolder, opening);
}

/**
 * The data set that `LENET_DATA` names, by its name or its folder, or the default one, which is made when it is
 * missing. Links may lead out of the folder if `LENET_FOLLOW_LINKS` is 1. `LENET_SPLIT` says how images without
 * splits are split.
 * @throws {DataError} as `chooseDataset` does
 */
export async function datasetFromEnvironment(
  onProgress?: OnProgress,
  options: OpenOptions = {},
): Promise<Dataset> {
  const chosen = environment("LENET_DATA") || undefined;
  const own = { ...openOptionsFromEnvironment(), ...options };
  return chosen === undefined
    ? await openDataset(await defaultDatasetFolder(onProgress), own)
    : await chooseDataset(chosen, onProgress, own);
}

/**
 * What `LENET_FOLLOW_LINKS` and `LENET_SPLIT` say.
 * @throws {RangeError} if the first is neither 1, nor 0, nor empty
 * @throws {DataError} if the second is not understood
 */
export function openOptionsFromEnvironment(): OpenOptions {
  const split = environment("LENET_SPLIT");
  return {
    followLinks: environmentSwitch("LENET_FOLLOW_LINKS"),
    ...split ? { split: parseSplit(split) } : {},
  };
}
