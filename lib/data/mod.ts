/**
 * Data sets: folders of images read into three lists of labelled images, whatever their layout.
 *
 * ```ts
 * import { openDataset } from "@lenet/three-ways/data";
 * const { classes, splits } = await openDataset("photos");
 * console.log(classes, splits.train.length);
 * ```
 * @module
 */
export type { Dataset, ImageSource, Layout, Split, SplitName } from "./dataset.ts";
export { datasetFromEnvironment, openDataset } from "./open_dataset.ts";
export { defaultDatasetFolder } from "./synthetic/default_dataset.ts";
export { generateSynthetic } from "./synthetic/generate_synthetic.ts";
export type { OnProgress } from "../util/progress.ts";
