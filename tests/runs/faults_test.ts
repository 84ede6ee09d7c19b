/** The faults do what the paper's code did. */
import assert from "node:assert/strict";
import { assertAlmostEquals, assertLess, assertRejects } from "../assert.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { layerStatistics } from "../../lib/diagnosis/layer_statistics.ts";
import type { Fault } from "../../lib/runs/faults.ts";
import { openBackend, withBackend } from "../../lib/backend/choose_backend.ts";
import { FaultyNumpy } from "../../lib/runs/faulty_numpy.ts";
import { WrongGradientEngine } from "../../lib/runs/wrong_input_gradient.ts";
import { ReferenceEngine } from "../../lib/systems/numpy/reference_engine.ts";
import { batches } from "../../lib/runs/run.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { saturatingWeights } from "../../lib/runs/saturating_weights.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { sortByClass } from "../../lib/runs/sort_by_class.ts";
import { type Architecture, lenet5 } from "../../lib/model/architecture.ts";
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import type { Tensor } from "../../lib/backend/tf.ts";
import { asBatches, maxDifference, randomBatch } from "../systems/helpers.ts";
import { pixelSet, runData } from "./pixels.ts";

import { swappedCrossEntropy } from "../../lib/runs/swapped_loss.ts";
import * as tf from "../../lib/backend/tf.ts";

Deno.test(
  "the swapped loss is linear in the logits: L·Σx − x_label, with L = log(e + K − 1)",
  () => {
    const [k, labels] = [5, [3, 0]];
    const x = [[0.5, -1, 2, 0, 1], [3, 0, 0, -2, 1]];
    const l = Math.log(Math.E + k - 1);
    const expected = x.map((row, n) => l * row.reduce((a, b) => a + b) - row[labels[n]!]!)
      .reduce((a, b) => a + b) / 2;
    tf.tidy(() => {
      const oneHot = tf.oneHot(tf.tensor1d(labels, "int32"), k);
      const loss = (logits: Tensor) => swappedCrossEntropy.forward(logits, oneHot);
      assertAlmostEquals(loss(tf.tensor2d(x)).dataSync()[0]!, expected, 1e-5);
      const gradient = tf.grad(loss);
      assert.deepEqual(
        gradient(tf.tensor2d(x)).dataSync(),
        gradient(tf.zeros([2, k])).dataSync(),
        "the gradient does not depend on what the network says",
      );
    });
  },
);

Deno.test(
  "the start of the paper's code: filters and their biases in [0, 1), dense layers in [−1, 1)",
  () => {
    for (const [name, { data }] of Object.entries(saturatingWeights(lenet5(), 1))) {
      const [low, high] = [
        data.reduce((a, b) => Math.min(a, b)),
        data.reduce((a, b) => Math.max(a, b)),
      ];
      const isFilter = name.startsWith("conv");
      assert(high > (data.length > 20 ? 0.9 : 0.5) && high < 1, name);
      if (isFilter) assert(low >= 0 && low < 0.4, name);
      else assert(low < -0.7 && low >= -1, name);
    }
  },
);

/** How far each array moves in one step of a rate, with some faults. */
async function moved(faults: readonly Fault[], optimizer: OptimizerOptions, seed = 1) {
  const net = lenet5(5);
  const system = await FaultyNumpy.create(net, faults);
  const before = initialWeights(net, "lecun", seed);
  await system.setWeights(before);
  await system.fit(asBatches(randomBatch(net, 5, 4)), { epochs: 1, optimizer });
  const after = await system.weights();
  system.dispose();
  return (name: string) => after[name]!.data.map((w, i) => w - before[name]!.data[i]!);
}
const plain = { kind: "sgd", learningRate: 0.01, momentum: 0 } as const;

Deno.test(
  "filters stay frozen, dense layers move twice: by 1e-3·Σg and by the optimizer",
  async () => {
    const faulty = await moved(["frozen filters", "dense layers move twice"], plain);
    const sound = await moved([], plain);
    assert.deepEqual(new Set(faulty("conv1.weight")), new Set([0]));
    assert.deepEqual(new Set(faulty("conv2.bias")), new Set([0]));
    assert.notDeepEqual(new Set(sound("conv1.weight")), new Set([0]));
    // 0.01·g by the optimizer, 1e-3·4·g by itself
    const [twice, once] = [faulty("fc3.weight"), sound("fc3.weight")];
    twice.forEach((step, i) => assertAlmostEquals(step, once[i]! * 1.4, 1e-6));
  },
);

Deno.test("a summed gradient is the mean times the images of the batch", async () => {
  const [summed, mean] = [await moved(["summed gradient"], plain), await moved([], plain)];
  for (const name of ["conv1.weight", "fc3.bias"]) {
    const once = mean(name);
    summed(name).forEach((step, i) => assertAlmostEquals(step, once[i]! * 4, 1e-6));
    assert.notDeepEqual(new Set(once), new Set([0]));
  }
});

Deno.test("weights shrink by 0.0003 of what they were, at any learning rate, frozen ones too", async () => {
  const optimizer = { ...plain, learningRate: 1e-9 };
  const moves = await moved(["weights shrink each step", "frozen filters"], optimizer);
  for (const [name, { data }] of Object.entries(initialWeights(lenet5(5), "lecun", 1))) {
    moves(name).forEach((step, i) => assertAlmostEquals(step, -3e-4 * data[i]!, 1e-7));
  }
});

Deno.test("every fault of numpy trains with Adam too, so that it can stand alone in the correct run", async () => {
  const adam = { kind: "adam", learningRate: 1e-3 } as const;
  for (const fault of ["frozen filters", "wrong input gradient", "summed gradient"] as const) {
    const step = (await moved([fault], adam))("fc3.weight").map(Math.abs);
    // the first step of Adam is the rate, whatever the gradient
    assertAlmostEquals(step.reduce((a, b) => Math.max(a, b)), 1e-3, 1e-5);
  }
});

Deno.test("the wrong input gradient is that of the paper's code; all that lies behind it is right", async () => {
  const net: Architecture = {
    name: "two convolutions",
    input: { channels: 2, height: 8, width: 7 },
    layers: [
      { kind: "conv", name: "conv1", filters: 3, kernel: 1 },
      { kind: "conv", name: "conv2", filters: 4, kernel: 3 },
      { kind: "flatten" },
      { kind: "dense", name: "fc1", units: 5 },
    ],
  };
  const weights = initialWeights(net, "lecun", 1);
  const batch = randomBatch(net, 5, 2);
  const engine = new WrongGradientEngine(net, await openBackend());
  engine.setWeights(weights);
  const { gradients, loss, correct } = engine.gradient(batch);
  const reference = new ReferenceEngine(net);
  reference.setWeights(weights);
  const right = reference.gradient(batch);
  assertAlmostEquals(loss, right.loss, 1e-5);
  assert.equal(correct, right.correct);
  for (const name of ["conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias"]) {
    assertLess(maxDifference(gradients[name]!.data, right.gradients[name]!.data), 1e-6, name);
  }
  // ∂loss/∂(output of conv2), by the dense layer: rows of (softmax − one-hot)/2 times its weights
  const logits = engine.logits(batch.images, 2);
  const flat = 4 * 6 * 5;
  const dOut = new Float64Array(2 * flat);
  for (let n = 0; n < 2; n++) {
    const row = Array.from(logits.subarray(5 * n, 5 * n + 5), Math.exp);
    const total = row.reduce((a, b) => a + b);
    for (let k = 0; k < 5; k++) {
      const delta = (row[k]! / total - (batch.labels[n] === k ? 1 : 0)) / 2;
      for (let i = 0; i < flat; i++) {
        dOut[n * flat + i]! += delta * weights["fc1.weight"]!.data[k * flat + i]!;
      }
    }
  }
  // the formula at the head of wrong_input_gradient.ts, with F = 4, C = 3, k = 3
  const filter = weights["conv2.weight"]!.data;
  const expected = new Float64Array(3 * 2);
  for (let n = 0; n < 2; n++) {
    for (let c = 0; c < 3; c++) {
      for (let v = 0; v < 8; v++) {
        for (let u = 0; u < 7; u++) {
          let wrong = 0;
          for (let f = 0; f < 4; f++) {
            for (let i = 0; i < 3; i++) {
              for (let j = 0; j < 3; j++) {
                const [y, x] = [v + i - 3, u + j - 3];
                if (y < 0 || y >= 6 || x < 0 || x >= 5) continue;
                wrong += filter[(((3 - f) * 3 + 2 - c) * 3 + i) * 3 + j]! *
                  dOut[n * flat + (f * 6 + y) * 5 + x]!;
              }
            }
          }
          for (let b = 0; b < 2; b++) {
            expected[c * 2 + b]! += wrong * batch.images[(n * 2 + b) * 56 + v * 7 + u]!;
          }
        }
      }
    }
  }
  assertLess(maxDifference(gradients["conv1.weight"]!.data, expected), 1e-5);
  assertLess(
    0.01,
    maxDifference(gradients["conv1.weight"]!.data, right.gradients["conv1.weight"]!.data),
    "the wrong gradient differs from the right one",
  );
  engine.dispose();
});

Deno.test("the wrong input gradient's engine keeps no tensors of its steps", async () => {
  const backend = await openBackend();
  const engine = new WrongGradientEngine(lenet5(5), backend);
  engine.setWeights(initialWeights(lenet5(5), "lecun", 1));
  const tensors = () => withBackend(backend, () => tf.memory().numTensors);
  const before = tensors();
  engine.gradient(randomBatch(lenet5(5), 3, 2));
  engine.logits(new Float32Array(1024), 1);
  assert.equal(tensors(), before);
  engine.dispose();
});

Deno.test("where filters are frozen the wrong input gradient reaches nothing, and fast kernels compute", async () => {
  const frozen = await moved(["frozen filters"], plain);
  const both = await moved(["frozen filters", "wrong input gradient"], plain);
  for (const name of Object.keys(initialWeights(lenet5(5), "lecun", 1))) {
    assert.deepEqual(both(name), frozen(name), name);
  }
});

Deno.test(
  "a training set sorted by class holds the same images with their labels",
  () => {
    const set = pixelSet(40, 4, 1), sorted = sortByClass(set);
    assert.deepEqual([...sorted.labels], [...set.labels].sort((a, b) => a - b));
    const known = new Map(
      Array.from({ length: 40 }, (_, i) => [set.get(i).join(), set.labels[i]!]),
    );
    for (let i = 0; i < 40; i++) {
      assert.deepEqual(known.get(sorted.get(i).join()), sorted.labels[i]);
    }
  },
);

Deno.test(
  "as in the paper's code, numpy and torch end with one class; the corrected do not",
  async () => {
    const data = runData(5);
    const { numpy, torch } = ablations(lenet5(5));
    const faulty = await trainRun(numpy.steps[0]!.configuration, data);
    const { test } = await scoreRun(faulty, data);
    assert.deepEqual([test.confusion.predicted, test.top1.hits], [1, 5]);
    const { value } = await batches(data.test, faulty.normalisation)[Symbol.asyncIterator]()
      .next();
    const { configuration: { architecture }, weights } = faulty;
    const layers = layerStatistics(architecture, weights, value!);
    assert.deepEqual(layers.map(({ gradientNorm }) => gradientNorm).slice(0, 2), [0, 0]);
    assert(layers.slice(0, 2).every(({ saturated }) => saturated === 1));
    const swapped = await trainRun({ ...torch.steps[0]!.configuration, epochs: 30 }, data);
    assert.deepEqual((await scoreRun(swapped, data)).test.confusion.predicted, 1);
    assertLess(swapped.history.at(-1)!.loss, 0);
    const corrected = torch.steps.at(-1)!.configuration;
    const sound = await trainRun({ ...corrected, epochs: 30, batchSize: 16 }, data);
    assert.deepEqual((await scoreRun(sound, data)).test.confusion.predicted, 5);
  },
);

Deno.test("the faulty NumPy system knows no label smoothing", async () => {
  const system = await FaultyNumpy.create(lenet5(5), ["frozen filters"]);
  const train = asBatches(randomBatch(lenet5(5), 5, 4));
  const options = { epochs: 1, optimizer: plain, labelSmoothing: 0.1 };
  await assertRejects(() => system.fit(train, options), RangeError, "no label smoothing");
  system.dispose();
});
