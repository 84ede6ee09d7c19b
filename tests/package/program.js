// @ts-nocheck plain JavaScript, since Node.js and Deno run it as it is
/**
 * What somebody does with the package: draws images into this folder, trains LeNet-5 on them, prunes, quantizes, saves,
 * loads, predicts and classifies. It prints checksums of the bits.
 */
import { createHash } from "node:crypto";
import {
  batches,
  generateSynthetic,
  lenet5,
  loadPixels,
  openDataset,
  runConfiguration,
  trainRun,
} from "@lenet/three-ways";
import {
  classifierPreprocessing,
  openClassifier,
  saveClassifier,
} from "@lenet/three-ways/classifier";
import {
  calibrate,
  loadModel,
  openInt8,
  pruneStructured,
  quantizeModel,
  saveModel,
} from "@lenet/three-ways/compression";

const bits = (arrays) => {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
};

await generateSynthetic("images", { train: 50, heldOut: 1, seed: 1 }, { workers: 2 });
const dataset = await openDataset("images");
const data = await loadPixels(dataset, {}, { cacheDir: "cache" });
const network = lenet5(dataset.classes.length);
const settings = { system: "numpy", architecture: network, epochs: 2, batchSize: 25 };
const run = await trainRun(runConfiguration(settings), data);

const { architecture, weights } = pruneStructured(network, run.weights, { conv: 0.25, dense: 0.4 });
const calibration = await calibrate(
  architecture,
  weights,
  batches(data.val, run.normalisation, { batchSize: 64 }),
);
const model = quantizeModel(architecture, weights, run.normalisation, "channel", calibration);
await saveModel("lenet.safetensors", model);
const int8 = await openInt8(await loadModel("lenet.safetensors"));
const logits = int8.predict(data.test.pixels, data.test.length);

await saveClassifier("animals.safetensors", {
  network: { numbers: "int8", model },
  preprocessing: classifierPreprocessing(),
  classes: dataset.classes,
});
const classifier = await openClassifier("animals.safetensors");
const answers = await classifier.classifyAll([0, 1, 2].map((i) => dataset.splits.test.image(i)));
classifier.dispose();

console.log(JSON.stringify({
  pixels: bits([data.train.pixels, data.test.pixels]),
  weights: bits(Object.values(run.weights).map(({ data }) => data)),
  logits: bits([logits]),
  images: data.test.length,
  loss: run.history.at(-1).loss,
  int8: int8.name,
  // the probabilities' last bit is that of the engine's Math.exp
  answers: answers.map((answer) => answer.map(({ name }) => name)),
}));
