import { dirname } from "node:path";
import {
  chooseDataset,
  datasetFromEnvironment,
  openOptionsFromEnvironment,
} from "../../lib/data/choose_dataset.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { parseSplit } from "../../lib/data/split_options.ts";
import type { OpenOptions } from "../../lib/data/data_folder.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { exists, requireRoom } from "../../lib/util/files.ts";
import { dataChoice, pathOf, requireData } from "../arguments.ts";
import { SetupError } from "../run.ts";
import type { DataOptions, OutputOptions } from "./options.ts";

/**
 * Where a result goes. It is looked at before the long work.
 * @throws SetupError if something is there already and may not be replaced
 * @throws Error if the folder has no room or may not be written to
 */
export async function outputPath(
  { out, force }: OutputOptions,
  kind: "file" | "folder" = "file",
): Promise<string> {
  const path = pathOf(out);
  if (await exists(path)) {
    const there = (await Deno.stat(path)).isDirectory ? "folder" : "file";
    if (there !== kind) {
      throw new SetupError(
        `${out} is a ${there}, and a ${kind} is to be written; choose another name`,
      );
    }
    if (!force) {
      throw new SetupError(
        `${out} is there already; choose another name, or add --force to replace it`,
      );
    }
  }
  await requireRoom(dirname(path), 2 ** 20);
  return path;
}

/** The images that the options name. */
export async function openData({ data, split, followLinks }: DataOptions): Promise<Dataset> {
  const options: OpenOptions = {
    ...openOptionsFromEnvironment(),
    ...split === undefined ? {} : { split: parseSplit(split, "--split") },
    ...followLinks ? { followLinks } : {},
  };
  const chosen = dataChoice(data);
  if (chosen === undefined) {
    return await datasetFromEnvironment(progress("Making the synthetic images", "images"), options);
  }
  await requireData(chosen);
  return await chooseDataset(chosen, progress(`Getting ${chosen}`, "kB"), options);
}
