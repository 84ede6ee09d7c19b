/** Networks of this project in other frameworks, and theirs here, against what those have computed. */
import assert from "node:assert/strict";
import { fixtureImages, floatFixture, int8Fixture } from "../../bench/roundtrips/fixtures.ts";
import { logitsOf } from "../../bench/roundtrips/measure.ts";
import { throughTfjs } from "../../bench/roundtrips/tfjs_side.ts";
import {
  decodeTfjs,
  encodeKeras,
  encodeOnnx,
  encodePytorch,
  encodeTfjs,
  type FloatNetwork,
  openNetwork,
} from "../../lib/formats/mod.ts";
import { decodeKeras } from "../../lib/formats/mod.ts";
import { argmax } from "../../lib/util/argmax.ts";
import { sha256 } from "../../lib/util/files.ts";
import { assertGreater, assertLess } from "../assert.ts";
import { fixtureFile, fixtures, largestDifference } from "./fixtures.ts";

const { architecture } = floatFixture;

Deno.test("onnxruntime computes our logits from the bytes of an ONNX file in float32", async () => {
  assert.equal(await sha256(encodeOnnx(floatFixture)), fixtures.onnx.sha256, renew);
  const ours = await logitsOf(floatFixture, fixtureImages.float);
  assertLess(largestDifference(ours, fixtures.onnx.logits), 1e-5);
  assertGreater(Math.max(...ours.map(Math.abs)), 0.1, "logits that say something");
});

Deno.test("onnxruntime finds the same classes as our int8 network, from an ONNX file in int8", async () => {
  assert.equal(await sha256(encodeOnnx(int8Fixture)), fixtures.onnxInt8.sha256, renew);
  const ours = await logitsOf(int8Fixture, fixtureImages.int8), { logits } = fixtures.onnxInt8;
  const classOf = (of: ArrayLike<number>, n: number) =>
    argmax(Array.from(of).slice(6 * n, 6 * n + 6));
  const same = Array.from({ length: 64 }, (_, n) => classOf(ours, n) === classOf(logits, n));
  assert.equal(same.filter((is) => is).length, 64);
  const largest = Math.max(...ours.map(Math.abs));
  assertLess(largestDifference(ours, logits), 0.02 * largest);
});

const renew = "the file's bytes changed: run `deno task roundtrips --fixtures`";

Deno.test("Keras and PyTorch compute our logits from the files that are written for them", async () => {
  assert.equal(await sha256(encodePytorch(floatFixture)), fixtures.pytorch.sha256, renew);
  const ours = await logitsOf(floatFixture, fixtureImages.float);
  for (const format of ["keras", "kerasWeights", "pytorch"] as const) {
    assertLess(largestDifference(ours, fixtures[format].logits), 1e-5, format);
  }
  // the archive that Keras has read holds what is written today
  const now = await decodeKeras(await encodeKeras(floatFixture));
  assert.deepEqual(now.weights, floatFixture.weights);
  assert.deepEqual(now.architecture, architecture);
});

Deno.test("a .keras file of real Keras gives the same layers and weights", async () => {
  const found = await openNetwork(fixtureFile("keras.keras")) as FloatNetwork;
  assert.deepEqual(found.architecture, architecture);
  assert.deepEqual(found.weights, floatFixture.weights);
  const { mean, std } = found.normalisation!;
  assertLess(Math.abs(mean - floatFixture.normalisation!.mean), 1e-12);
  assertLess(Math.abs(std - floatFixture.normalisation!.std), 1e-12);
});

Deno.test("files of weights by real Keras and real PyTorch are read for an architecture", async () => {
  for (const name of ["kerasWeights.weights.h5", "pytorch.safetensors"]) {
    const found = await openNetwork(fixtureFile(name), architecture) as FloatNetwork;
    assert.deepEqual(found.weights, floatFixture.weights, name);
  }
});

Deno.test("ONNX files that another program has written again are the same networks", async () => {
  assert.deepEqual(await openNetwork(fixtureFile("onnx.onnx")), floatFixture);
  assert.deepEqual(await openNetwork(fixtureFile("onnxInt8.onnx")), int8Fixture);
});

Deno.test("TensorFlow.js opens our LayersModel, and we open what it saves", async () => {
  const { channels, height, width } = architecture.input;
  const files = await encodeTfjs(floatFixture);
  const answer = await throughTfjs(files, fixtureImages.float, [channels, height, width]);
  const ours = await logitsOf(floatFixture, fixtureImages.float);
  assertLess(largestDifference(ours, answer.logits), 1e-5);
  const back = await decodeTfjs(
    answer.files["model.json"]!,
    (name) => Promise.resolve(answer.files[name]!),
  );
  assert.deepEqual(back.architecture, architecture);
  assert.deepEqual(back.weights, floatFixture.weights);
});
