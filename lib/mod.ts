/**
 * LeNet-5 three ways: from a folder of images to trained networks and what they score.
 *
 * ```ts
 * import { generateSynthetic, lenet5, loadPixels, openDataset } from "@lenet/three-ways";
 * import { predictions, runConfiguration, topK, trainRun } from "@lenet/three-ways";
 *
 * await generateSynthetic("animals", { train: 200, heldOut: 1, seed: 1 });
 * const dataset = await openDataset("animals");
 * const data = await loadPixels(dataset);
 * const architecture = lenet5(dataset.classes.length);
 * const run = await trainRun(runConfiguration({ system: "numpy", architecture }), data);
 * console.log(topK(await predictions(run, data.test), 5));
 * ```
 *
 * Other entries have more: `/data` opens images, `/numpy`, `/torch` and `/keras` have the layers of each
 * system, `/compression` prunes and quantizes, `/classifier` saves and opens what one ships, and `/report` makes tables and figures. Only `/torch` and
 * `/keras` open a backend when they are imported. The others load the native TensorFlow when a system is
 * made that needs it.
 * @module
 */
export * from "./data/mod.ts";
export * from "./systems/mod.ts";
export type { Augmentation } from "./pixels/augment.ts";
export type { Mixing } from "./pixels/mix.ts";
export type { Teaching } from "./pixels/teaching.ts";
export { ImagePixels, type ImagePixelsOptions } from "./pixels/image_pixels.ts";
export { BadImage, BadImages, type SetAsideImage } from "./pixels/bad_image.ts";
export type { ImageLimits } from "./pixels/image_limits.ts";
export { type DatasetPixels, type LoadOptions, loadPixels } from "./pixels/load_pixels.ts";
export type { PackOptions } from "./pixels/pack_pixels.ts";
export type { PixelCacheOptions } from "./pixels/pixel_cache.ts";
export { DataLoader } from "./pixels/loader.ts";
export { type DataLoaderOptions } from "./pixels/loader_options.ts";
export { channelNormalisation, normalisation } from "./pixels/normalisation.ts";
export type { PixelNormalisation, PixelSet, PixelSource } from "./pixels/pixels.ts";
export { preprocess, type PreprocessOptions } from "./pixels/preprocess.ts";
export * from "./metrics/mod.ts";
export * from "./runs/mod.ts";
export * from "./diagnosis/mod.ts";
