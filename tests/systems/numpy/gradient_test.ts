import assert from "node:assert/strict";
import { assertAlmostEquals } from "../../assert.ts";
import type { Architecture } from "../../../lib/model/architecture.ts";
import { countClasses, lenet5 } from "../../../lib/model/architecture.ts";
import { initialWeights } from "../../../lib/model/initial_weights.ts";
import { Network } from "../../../lib/systems/numpy/reference_network.ts";
import { loadWeights } from "../../../lib/model/safetensors.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { fixtures } from "../fixtures.ts";
import { formulaBatch, perceptron, randomBatch, smallConvolutional } from "../helpers.ts";

/** Loss of a batch's mean, forward only. */
function meanLoss(network: Network, images: Float64Array, labels: Int32Array): number {
  const { classes } = network;
  const logits = network.forward(images, labels.length);
  let loss = 0;
  labels.forEach((label, n) => {
    const row = Array.from(logits).slice(n * classes, (n + 1) * classes);
    loss += Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[label]!;
  });
  return loss / labels.length;
}

/** Central differences at some elements of every array, against the hand-written gradient. */
function checkGradients(architecture: Architecture, samples: number): void {
  const network = new Network(architecture, "float64");
  network.setWeights(initialWeights(architecture, "pytorch", 3));
  const batch = randomBatch(architecture, countClasses(architecture), 3, 5);
  const images = Float64Array.from(batch.images);
  network.gradient(images, batch.labels, 3);
  const gradients = network.parameters.map(({ grad }) => grad.slice());
  const rng = new Rng(11);
  const h = 1e-6;
  network.parameters.forEach(({ name, value }, index) => {
    for (let s = 0; s < Math.min(samples, value.length); s++) {
      const at = rng.int(value.length);
      const kept = value[at]!;
      value[at] = kept + h;
      const above = meanLoss(network, images, batch.labels);
      value[at] = kept - h;
      const below = meanLoss(network, images, batch.labels);
      value[at] = kept;
      const expected = (above - below) / (2 * h);
      assertAlmostEquals(gradients[index]![at]!, expected, 1e-8, `${name}[${at}]`);
    }
  });
}

Deno.test("gradients agree with central differences in float64", async (t) => {
  await t.step("LeNet-5", () => checkGradients(lenet5(), 12));
  await t.step("colour input, one convolution", () => checkGradients(smallConvolutional, 40));
  await t.step("no convolution", () => checkGradients(perceptron, 40));
  const convActivation = "sigmoid", denseActivation = "relu";
  const mixed = lenet5(50, { convActivation, denseActivation });
  await t.step("sigmoid and ReLU", () => checkGradients(mixed, 12));
});

Deno.test("float64 loss and gradients are PyTorch's", async () => {
  const { torch } = await fixtures();
  const { weights } = await loadWeights(fixtures.weights);
  const network = new Network(lenet5(), "float64");
  network.setWeights(weights);
  const { images, labels, size } = formulaBatch(0);
  const { loss } = network.gradient(Float64Array.from(images), labels, size);
  assertAlmostEquals(loss / size, torch.loss, 1e-12);
  for (const { name, grad } of network.parameters) {
    const expected = torch.gradients[name];
    assert(expected !== undefined, name);
    const array = Float64Array.from(grad);
    assertAlmostEquals(array.reduce((a, b) => a + b), expected.sum, 1e-11, name);
    assertAlmostEquals(array.reduce((a, b) => a + b * b, 0), expected.squares, 1e-11, name);
    expected.at.forEach((at, i) => {
      assertAlmostEquals(array[at]!, expected.values[i]!, 1e-12, `${name}[${at}]`);
    });
  }
});

Deno.test("float32 follows float64", () => {
  const batch = randomBatch(smallConvolutional, 4, 5);
  const weights = initialWeights(smallConvolutional, "lecun", 2);
  const [single, double] = (["float32", "float64"] as const).map((precision) => {
    const network = new Network(smallConvolutional, precision);
    network.setWeights(weights);
    network.gradient(Float64Array.from(batch.images), batch.labels, batch.size);
    return network.parameters.flatMap(({ grad }) => [...grad]);
  });
  assert.deepEqual(single!.length, double!.length);
  single!.forEach((value, i) => assertAlmostEquals(value, double![i]!, 1e-6));
});
