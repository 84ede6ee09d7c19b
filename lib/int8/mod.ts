/**
 * The int8 predictor alone: opens a classifier's file in int8 and names what images show, with the same bits in Deno,
 * Node.js and pages. `deno task bundle` makes one ES module of it, with the kernels inside.
 *
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { classifierPreprocessing, saveClassifier } from "@lenet/three-ways/classifier";
 * import { quantizeModel } from "@lenet/three-ways/compression";
 * import { openInt8Classifier } from "@lenet/three-ways/int8";
 * import { createSystem, lenet5 } from "@lenet/three-ways/systems";
 *
 * const architecture = lenet5(3);
 * const system = await createSystem("numpy", architecture, { seed: 1 }); // its training comes here
 * const weights = await system.weights();
 * const model = quantizeModel(architecture, weights, { mean: 120, std: 60 }, "channel");
 * await saveClassifier("pets.safetensors", {
 *   network: { numbers: "int8", model },
 *   preprocessing: classifierPreprocessing(),
 *   classes: ["cat", "dog", "hen"],
 * });
 *
 * const classifier = await openInt8Classifier(await readFile("pets.safetensors"));
 * const image = { width: 2, height: 2, data: new Uint8Array(16) }; // or the bytes of a PNG file
 * console.log(await classifier.classify(image, { top: 2 }));
 * ```
 * @module
 */
export { Int8Classifier, type Int8Image, openInt8Classifier } from "./int8_classifier.ts";
export type { ClassifierPreprocessing } from "../classifier/classifier_model.ts";
export type { ClassProbability } from "../classifier/likeliest.ts";
export type { Architecture } from "../model/architecture.ts";
