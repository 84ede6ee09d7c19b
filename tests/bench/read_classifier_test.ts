/**
 * bench/read_classifier.py knows int8 classifiers from lib/classifier/FORMAT.md alone. What it answers is
 * compared with our kernels bit by bit.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Classifier } from "../../lib/classifier/classifier.ts";
import { saveClassifier } from "../../lib/classifier/classifier_file.ts";
import {
  type ClassifierModel,
  classifierPreprocessing,
} from "../../lib/classifier/classifier_model.ts";
import { applyMasks, magnitudeMasks } from "../../lib/compression/masks.ts";
import type { Granularity } from "../../lib/compression/quantization/quantize.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { type Activation, type Architecture, lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { output } from "../../tasks/run.ts";
import { needs, numpyPython } from "../requirements.ts";
import { Rng } from "../../lib/util/rng.ts";
import { smallConvolutional } from "../systems/helpers.ts";

const script = join(projectRoot, "bench", "read_classifier.py");

/** An int8 classifier with random weights, and calibrated ranges that its activations do not reach. */
function classifier(
  architecture: Architecture,
  granularity: Granularity,
  reach: number,
  pruned = 0,
): ClassifierModel {
  const drawn = initialWeights(architecture, "lecun", 3);
  const masks = magnitudeMasks(architecture, drawn, { conv: pruned, dense: pruned });
  const names = architecture.layers.flatMap((layer) => "name" in layer ? [layer.name] : []);
  const model = quantizeModel(
    ...[architecture, applyMasks(drawn, masks), { mean: 117, std: 58.5 }, granularity] as const,
    { ranges: Object.fromEntries(names.map((name) => [name, reach])) },
  );
  const { channels, width, height } = architecture.input;
  const classes = Array.from(model.layers.at(-1)!.bias, (_, i) => `Tür ${i} 狼`);
  const preprocessing = classifierPreprocessing({ width, height, colour: channels === 3 });
  return { network: { numbers: "int8", model }, preprocessing, classes };
}

const lenet = (activation: Activation) =>
  lenet5(7, { convActivation: activation, denseActivation: activation });

const models: Readonly<Record<string, ClassifierModel>> = {
  "tanh, per channel": classifier(lenet("tanh"), "channel", 1),
  "tanh that does not reach its bound, pruned": classifier(lenet("tanh"), "channel", 0.7, 0.6),
  "sigmoid, per tensor": classifier(lenet("sigmoid"), "tensor", 0.9),
  "tanh in colour": classifier(smallConvolutional, "channel", 1),
  "ReLU, pruned": classifier(lenet("relu"), "tensor", 3, 0.5),
};

for (const [name, model] of Object.entries(models)) {
  Deno.test(...needs("a Python with NumPy", `${name}: NumPy gives the kernels' bits`), async () => {
    const folder = await Deno.makeTempDir();
    try {
      const [file, pixelsFile, logitsFile] = ["c.safetensors", "pixels", "logits"]
        .map((name) => join(folder, name)) as [string, string, string];
      await saveClassifier(file, model);
      using opened = await Classifier.open(model);
      const { channels, height, width } = opened.model.network.numbers === "int8"
        ? opened.model.network.model.architecture.input
        : assert.fail();
      const count = 33, rng = new Rng(5);
      const pixels = Uint8Array.from(
        { length: count * channels * height * width },
        () => rng.int(256),
      );
      await Deno.writeFile(pixelsFile, pixels);
      const done = await output(numpyPython()!, [script, file, pixelsFile, logitsFile]);
      assert.equal(done, "", "the reader failed");
      const theirs = new Float32Array((await Deno.readFile(logitsFile)).buffer);
      assert.deepEqual(theirs, await opened.logits(pixels, count));
      assert(new Set(theirs).size > count, "the logits hardly differ");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
