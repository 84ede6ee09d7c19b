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
import type { ComputeOptions, DataOptions, OutputOptions } from "./options.ts";

/**
 * Takes the number of threads, for whatever computes.
 * @throws SetupError if a backend is asked for that the system does not run on
 */
export function applyCompute({ system = "numpy", backend, threads }: ComputeOptions): void {
  if (backend && system === "numpy") {
    throw new SetupError("--backend is for --system torch and keras; numpy has kernels of its own");
  }
  if (threads !== undefined) Deno.env.set("LENET_THREADS", String(threads));
}

/**
 * Where a result goes. It is looked at before the long work.
 * @throws SetupError if something is there already and may not be replaced, or the folder has no room or may not
 * be written to
 */
export async function outputPath(
  { out, force }: OutputOptions,
  kind: "file" | "folder" = "file",
): Promise<string> {
  if (out.trim() === "") throw new SetupError("--out names nothing");
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
  await requireRoom(dirname(path), 2 ** 20).catch((error) => {
    throw new SetupError(error.message);
  });
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
