/**
 * A classifier in one file: the network, its weights, what makes its pixels from an image, and the names of
 * the classes.
 *
 * ```ts
 * import { generateSynthetic, lenet5, loadPixels, openDataset } from "@lenet/three-ways";
 * import { classifierOf, runConfiguration, trainRun } from "@lenet/three-ways";
 * import { openClassifier, saveClassifier } from "@lenet/three-ways/classifier";
 *
 * await generateSynthetic("animals", { train: 200, heldOut: 1, seed: 1 });
 * const dataset = await openDataset("animals");
 * const data = await loadPixels(dataset);
 * const architecture = lenet5(dataset.classes.length);
 * const run = await trainRun(runConfiguration({ system: "numpy", architecture }), data);
 * await saveClassifier("animals.safetensors", classifierOf(run, dataset.classes));
 *
 * using classifier = await openClassifier("animals.safetensors");
 * const image = dataset.splits.test.image(0);
 * console.log(await classifier.classify(image, { top: 3 }));
 * ```
 *
 * The format is described in FORMAT.md of this folder, so that other programs can read it.
 * @module
 */
export {
  Classifier,
  type ClassifierImage,
  type ClassifierOptions,
  type ClassifyOptions,
  openClassifier,
} from "./classifier.ts";
export {
  decodeClassifier,
  encodeClassifier,
  loadClassifier,
  saveClassifier,
} from "./classifier_file.ts";
export {
  architectureOf,
  checkClassifier,
  type ClassifierModel,
  type ClassifierPreprocessing,
  classifierPreprocessing,
  type FloatNetwork,
  type Int8Network,
} from "./classifier_model.ts";
export type { ClassProbability } from "./likeliest.ts";
