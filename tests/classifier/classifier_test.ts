/** A classifier's file is opened and asked about images, and answers as its network does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertAlmostEquals, assertRejects } from "../assert.ts";
import { Classifier, openClassifier } from "../../lib/classifier/classifier.ts";
import { saveClassifier } from "../../lib/classifier/classifier_file.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { normalise } from "../../lib/pixels/pixels.ts";
import { preprocess } from "../../lib/pixels/preprocess.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { all, colour, float, int8 } from "./classifiers.ts";

const image = join(projectRoot, "tests/fixtures/opencv/colour.jpg");
const other = join(projectRoot, "tests/fixtures/opencv/palette.png");

function softmax(logits: Float32Array): number[] {
  const powers = Array.from(logits, Math.exp), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

for (const [name, model] of Object.entries(all)) {
  Deno.test(`${name}: saved and opened again, it gives its network's probabilities`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = join(folder, "c.safetensors");
      await saveClassifier(path, model);
      using classifier = await openClassifier(path);
      const pixels = await preprocess({ kind: "file", path: image }, model.preprocessing);
      let logits: Float32Array;
      if (model.network.numbers === "int8") {
        logits = new IntegerNetwork(model.network.model).predict(pixels, 1);
        assert.deepEqual(await classifier.logits(pixels, 1), logits);
      } else {
        using system = await createSystem("numpy", model.network.architecture);
        await system.setWeights(model.network.weights);
        logits = await system.predict(normalise(pixels, model.network.normalisation), 1);
      }
      const expected = softmax(logits);
      const answers = await classifier.classify(image, { top: 99 });
      assert.equal(answers.length, model.classes.length);
      for (const { label, name, probability } of answers) {
        assert.equal(name, model.classes[label]);
        assertAlmostEquals(probability, expected[label]!, 1e-6);
      }
      const order = answers.map(({ probability }) => probability);
      assert.deepEqual(order, order.toSorted((a, b) => b - a));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("a path, the file's bytes and raw pixels give the same answer, alone and in a list", async () => {
  using classifier = await Classifier.open(int8);
  const expected = await classifier.classify(image);
  assert.equal(expected.length, 5);
  const bytes = await Deno.readFile(image);
  assert.deepEqual(await classifier.classify(bytes), expected);
  const data = await preprocess({ kind: "file", path: image }, int8.preprocessing);
  const raw = { kind: "raw", width: 5, height: 6, channels: 1, data } as const;
  assert.deepEqual(await classifier.classify(raw), expected);
  const many = Array.from({ length: 300 }, (_, i) => i % 2 === 0 ? image : other);
  const done: number[] = [];
  const answers = await classifier.classifyAll(many, { onProgress: (n) => void done.push(n) });
  assert.deepEqual(done, [256, 300]);
  assert.deepEqual([answers[0], answers[298]], [expected, expected]);
  assert.deepEqual(answers[299], await classifier.classify(other));
  assert.notDeepEqual(answers[1], expected);
});

Deno.test("a float32 network answers on each system, and int8 on none of them", async () => {
  using numpy = await Classifier.open(float, { threads: 1 });
  const expected = await numpy.classify(image);
  for (const system of ["torch", "keras"] as const) {
    using classifier = await Classifier.open(float, { system, backend: "kernels" });
    assert.match(classifier.runsOn, new RegExp(system));
    (await classifier.classify(image)).forEach(({ label, probability }, i) => {
      assert.equal(label, expected[i]!.label);
      assertAlmostEquals(probability, expected[i]!.probability, 1e-5);
    });
  }
  await assertRejects(
    () => Classifier.open(int8, { system: "torch" }),
    RangeError,
    "leave out system",
  );
});

Deno.test("a network with layers of the torch system only is opened on it", async () => {
  const { network } = float;
  assert(network.numbers === "float32");
  const { architecture: { layers, ...rest } } = network;
  const dropout = { kind: "dropout", rate: 0.5 } as const;
  const architecture = { ...rest, layers: [layers[0]!, dropout, ...layers.slice(1)] };
  using classifier = await Classifier.open({ ...float, network: { ...network, architecture } });
  using plain = await Classifier.open(float);
  assert.match(classifier.runsOn, /torch/);
  const [a, b] = [await classifier.classify(image), await plain.classify(image)];
  assert.deepEqual(a.map(({ name }) => name), b.map(({ name }) => name));
});

Deno.test("of equal probabilities the first class comes first", async () => {
  const { network } = float;
  assert(network.numbers === "float32");
  const weights = Object.fromEntries(
    Object.entries(network.weights).map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
  using classifier = await Classifier.open({ ...float, network: { ...network, weights } });
  const answers = await classifier.classify(image, { top: 2 });
  assert.deepEqual(answers.map(({ label }) => label), [0, 1]);
  assertAlmostEquals(answers[0]!.probability, 1 / 6);
});

Deno.test("images and options that cannot be used are refused by name", async () => {
  using classifier = await Classifier.open(colour);
  await assertRejects(() => classifier.classify("no/such.jpg"), BadImage, "no/such.jpg");
  await assertRejects(
    () => classifier.classifyAll([image, new Uint8Array(9)]),
    BadImage,
    "image 1: ",
  );
  for (const top of [0, 1.5, NaN]) {
    await assertRejects(() => classifier.classify(image, { top }), RangeError, "top must be");
  }
  const misspelt = { tops: 3 } as { top?: number };
  await assertRejects(() => classifier.classify(image, misspelt), RangeError, "tops");
  await assertRejects(
    () => classifier.logits(new Uint8Array(7), 1),
    RangeError,
    "240 bytes, got 7",
  );
  // what a program gives whose types nobody checks
  // deno-lint-ignore no-explicit-any
  const any = (value: unknown) => value as any;
  const { buffer } = await Deno.readFile(image);
  for (const none of [undefined, null, 5, buffer, { kind: "raw", width: 2, height: 2 }]) {
    await assertRejects(
      () => classifier.classify(any(none)),
      RangeError,
      "image 0 must be the path",
    );
  }
  await assertRejects(
    () => classifier.classifyAll(any(image)),
    RangeError,
    "takes a list of images",
  );
  await assertRejects(() => classifier.classify(image, any(3)), RangeError, "an object, got 3");
  await assertRejects(
    () => classifier.logits(any(new Float32Array(240)), 1),
    RangeError,
    "Uint8Array",
  );
  const option = { thread: 1 } as { threads?: number };
  await assertRejects(() => Classifier.open(float, option), RangeError, "thread");
});
