import assert from "node:assert/strict";
import { assertAlmostEquals, assertThrows } from "../../assert.ts";
import { asBatches, perceptron, randomBatch } from "../helpers.ts";

import { TorchSystem } from "../../../lib/systems/torch/torch_system.ts";
import { CrossEntropyLoss, oneHotRows } from "../../../lib/systems/torch/cross_entropy_loss.ts";
import * as tf from "../../../lib/backend/tf.ts";

Deno.test("one-hot and integer labels train alike", async () => {
  const batches = asBatches(randomBatch(perceptron, 6, 30));
  const optimizer = { kind: "adam", learningRate: 1e-2 } as const;
  const [oneHot, integer] = await Promise.all((["one-hot", "integer"] as const).map(
    async (labels) => {
      const system = new TorchSystem(perceptron, { labels });
      await system.fit(batches, { epochs: 5, optimizer });
      return await system.weights();
    },
  ));
  assert.deepEqual(oneHot, integer);
});

Deno.test("rows made of labels lose what rows of their numbers lose, and labels outside are refused", () => {
  const logits = tf.tensor2d([[2.5, -1], [0.3, 4]]), loss = new CrossEntropyLoss(0.1);
  const made = oneHotRows(tf.tensor1d([1, 1], "int32"), 2);
  const told = tf.tensor2d([[0, 1], [0, 1]]);
  assert.deepEqual(made.arraySync(), told.arraySync());
  const [a, b] = [made, told].map((target) => loss.forward(logits, target).dataSync()[0]);
  assert.equal(a, b);
  const outside = oneHotRows(tf.tensor1d([0, 2], "int32"), 2);
  assertThrows(() => loss.forward(logits, outside), RangeError, "outside");
});

Deno.test("uniform logits lose ln K", () => {
  const loss = new CrossEntropyLoss().forward(
    tf.zeros([4, 50]),
    tf.tensor1d([0, 7, 49, 3], "int32"),
  );
  assertAlmostEquals(loss.dataSync()[0]!, Math.log(50), 1e-6);
});

Deno.test(
  "swapped arguments, the paper's bug, are refused",
  () => {
    const logits = tf.tensor2d([[2.5, -1], [0.3, 4]]);
    const target = tf.tensor2d([[1, 0], [0, 1]]);
    new CrossEntropyLoss().forward(logits, target);
    assertThrows(() => new CrossEntropyLoss().forward(target, logits), RangeError, "swapped");
  },
);

Deno.test(
  "labels out of range and targets of another size are refused",
  () => {
    const logits = tf.zeros([2, 3]);
    const criterion = new CrossEntropyLoss();
    assertThrows(
      () => criterion.forward(logits, tf.tensor1d([0, 3], "int32")),
      RangeError,
      "[0, 3)",
    );
    assertThrows(
      () => criterion.forward(logits, tf.tensor1d([0], "int32")),
      RangeError,
      "N targets",
    );
    assertThrows(() => criterion.forward(logits, tf.zeros([2, 4])), RangeError, "4 for 3 classes");
  },
);

Deno.test(
  "modules name their parameters as PyTorch does",
  () => {
    const system = new TorchSystem(perceptron);
    assert.deepEqual([...system.model.namedParameters()].map(([name]) => name), [
      "hidden.weight",
      "hidden.bias",
      "output.weight",
      "output.bias",
    ]);
    system.dispose();
  },
);
