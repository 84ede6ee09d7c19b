import { join } from "node:path";
import { environmentSwitch } from "../../util/environment_switch.ts";
import { projectRoot } from "../../util/files.ts";
import type { OnProgress } from "../../util/progress.ts";
import { generateSynthetic } from "./generate_synthetic.ts";
import { defaultOptions, fullSize } from "./synthetic_plan.ts";

/**
 * Folder of the default data set, made when it is missing: `data/synthetic50/`, or with `LENET_FULL=1`
 * `data/synthetic50-full/` with as many training images as the paper has.
 * @throws RangeError if `LENET_FULL` is neither 1, nor 0, nor empty
 */
export async function defaultDatasetFolder(onProgress?: OnProgress): Promise<string> {
  const full = environmentSwitch("LENET_FULL");
  const folder = join(projectRoot, "data", full ? "synthetic50-full" : "synthetic50");
  const options = full ? { ...defaultOptions, train: fullSize } : defaultOptions;
  await generateSynthetic(folder, options, { onProgress });
  return folder;
}
