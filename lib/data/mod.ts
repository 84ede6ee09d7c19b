/**
 * Data sets: a folder of images becomes three lists of labelled images, whatever its layout.
 *
 * ```ts
 * import { generateSynthetic, openDataset } from "@lenet/three-ways/data";
 *
 * // a small data set of imaginary animals; your own folder of images works too
 * await generateSynthetic("animals", { train: 200, heldOut: 1, seed: 1 });
 * const { classes, splits } = await openDataset("animals");
 * console.log(classes.length, splits.train.length, splits.train.name(0));
 * ```
 * @module
 */
export { DataError, type OnNotice } from "./data_error.ts";
export type { OpenOptions } from "./data_folder.ts";
export type { Dataset, ImageSource, Layout, Split, SplitName } from "./dataset.ts";
export { chooseDataset, type ChooseOptions, datasetFromEnvironment } from "./choose_dataset.ts";
export { knownDatasets } from "./named/known_datasets.ts";
export type { KnownDataset, RemoteFile } from "./named/known_dataset.ts";
export { openDataset } from "./open_dataset.ts";
export type { SplitOptions } from "./split_options.ts";
export { generateSynthetic } from "./synthetic/generate_synthetic.ts";
export type { SyntheticOptions } from "./synthetic/synthetic_plan.ts";
export type { OnProgress } from "../util/progress.ts";
