// @ts-nocheck plain JavaScript, since Node.js and Deno run it as it is
/** `classify.js MODULE CLASSIFIER PNG`: prints what the int8 predictor's module answers. */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [module, file, image] = process.argv.slice(2);
const { openInt8Classifier } = await import(pathToFileURL(module));
const classifier = await openInt8Classifier(await readFile(file));
const pixels = await classifier.pixels(await readFile(image));
const answer = await classifier.classify(await readFile(image));
const logits = classifier.logits(pixels, 1);
const names = answer.map(({ name }) => name);
console.log(JSON.stringify({ pixels: [...pixels], logits: [...logits], names }));
