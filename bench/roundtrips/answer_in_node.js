// @ts-nocheck plain JavaScript, since Node.js runs it as it is
/**
 * `answer_in_node.js MODULE CLASSIFIER IMAGES LOGITS`: lets the package or the int8 module look at a list of image
 * files, one after the other, and writes the logits as float32.
 */
import { readFile, writeFile } from "node:fs/promises";

const [module, file, list, out] = process.argv.slice(2);
const { openClassifier, openInt8Classifier } = await import(module);
const classifier = openClassifier
  ? await openClassifier(file)
  : await openInt8Classifier(await readFile(file));
const logits = [];
for (const path of JSON.parse(await readFile(list, "utf8"))) {
  const pixels = await classifier.pixels(await readFile(path));
  logits.push(...await classifier.logits(pixels, 1));
}
await writeFile(out, Float32Array.from(logits));
