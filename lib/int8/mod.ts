/**
 * The int8 predictor alone: opens a classifier's file in int8 and names what images show, with the same bits in Deno,
 * Node.js and pages. `deno task bundle` makes one ES module of it, with the kernels inside.
 *
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { openInt8Classifier } from "@lenet/three-ways/int8";
 *
 * export async function ask(model: string, image: string): Promise<void> {
 *   const classifier = await openInt8Classifier(await readFile(model));
 *   console.log(await classifier.classify(await readFile(image), { top: 3 })); // a PNG file
 * }
 * ```
 * @module
 */
export { Int8Classifier, type Int8Image, openInt8Classifier } from "./int8_classifier.ts";
export type { ClassifierPreprocessing } from "../classifier/classifier_model.ts";
export type { ClassProbability } from "../classifier/likeliest.ts";
export type { Architecture } from "../model/architecture.ts";
