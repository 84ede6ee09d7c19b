import assert from "node:assert/strict";
import { layerStatistics, saturatedShare } from "../../lib/diagnosis/layer_statistics.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { randomBatch } from "../systems/helpers.ts";

Deno.test("a unit is saturated where its slope is below 2 % of the steepest", () => {
  assert.deepEqual(saturatedShare([0.99, 0.9, -0.995, 1, NaN], "tanh"), 4 / 5);
  assert.deepEqual(saturatedShare([0.5, 0.999, 0.001], "sigmoid"), 2 / 3);
  assert.deepEqual(saturatedShare([0, 0, 1, 2], "relu"), 0.5);
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
  assert(layers.every(({ gradientNorm }) => gradientNorm > 0));
});
