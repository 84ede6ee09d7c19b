import assert from "node:assert/strict";
import {
  ACTIVATION_BINS,
  activationShares,
  layerStatistics,
  saturatedShare,
} from "../../lib/diagnosis/layer_statistics.ts";
import { drawnImages, MEASURED_IMAGES } from "../../lib/diagnosis/median_layers.ts";
import { sortByClass } from "../../lib/runs/sort_by_class.ts";
import { pixelSet } from "../runs/pixels.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { randomBatch } from "../systems/helpers.ts";

Deno.test("a unit is saturated where its slope is below 2 % of the steepest", () => {
  assert.deepEqual(saturatedShare([0.99, 0.9, -0.995, 1, NaN], "tanh"), 4 / 5);
  assert.deepEqual(saturatedShare([0.5, 0.999, 0.001], "sigmoid"), 2 / 3);
  assert.deepEqual(saturatedShare([0, 0, 1, 2], "relu"), 0.5);
});

Deno.test("activations are counted in bins; beyond the ends in the last, and NaN in none", () => {
  const expected = new Array(ACTIVATION_BINS).fill(0);
  expected[0] = 1 / 8; // -1
  expected[(ACTIVATION_BINS - 1) / 2] = 2 / 8; // around 0
  expected[ACTIVATION_BINS - 1] = 4 / 8; // 0.99, 1, 3, infinity
  assert.deepEqual(activationShares([-1, 0.01, -0.01, 0.99, 1, 3, Infinity, NaN]), expected);
});

Deno.test("the statistics name the layers in order; the last one has no activation", () => {
  const net = lenet5(5);
  const layers = layerStatistics(net, initialWeights(net, "lecun", 1), randomBatch(net, 5, 8));
  assert.deepEqual(layers.map(({ layer }) => layer), ["conv1", "conv2", "fc1", "fc2", "fc3"]);
  assert.deepEqual(layers.map(({ saturated }) => saturated === undefined), [
    false,
    false,
    false,
    false,
    true,
  ]);
  const shares = layers.flatMap(({ activations }) => activations ? [activations] : []);
  assert.deepEqual(shares.length, 4);
  for (const own of shares) assert(Math.abs(own.reduce((a, b) => a + b) - 1) < 1e-9);
  assert(layers.every(({ gradientNorm }) => gradientNorm > 0));
});

Deno.test("layers are measured on images of nearly all classes, the same each time", async () => {
  // sorted by class, nine images each, as the paper's test list is
  const sorted = sortByClass(pixelSet(450, 50, 1));
  const normalisation = { mean: 0, std: 1 };
  const { labels, size } = await drawnImages(sorted, normalisation);
  assert.equal(size, MEASURED_IMAGES);
  assert(new Set(labels).size >= 45, `${new Set(labels).size} classes`);
  assert.deepEqual((await drawnImages(sorted, normalisation)).labels, labels);
});
