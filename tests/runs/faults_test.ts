/** The faults do what the paper's code did. */
import assert from "node:assert/strict";
import { assertAlmostEquals, assertLess, assertRejects } from "../assert.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { layerStatistics } from "../../lib/diagnosis/layer_statistics.ts";
import type { Fault } from "../../lib/runs/faults.ts";
import { FaultyNumpy } from "../../lib/runs/faulty_numpy.ts";
import { batches, trainRun } from "../../lib/runs/run.ts";
import { saturatingWeights } from "../../lib/runs/saturating_weights.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { sortByClass } from "../../lib/runs/sort_by_class.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import type { Tensor } from "../../lib/backend/tf.ts";
import { asBatches, randomBatch } from "../systems/helpers.ts";
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
  "the start of the paper's code: filters in [0, 1), dense weights in [−1, 1), biases 0",
  () => {
    for (const [name, { data }] of Object.entries(saturatingWeights(lenet5(), 1))) {
      const [low, high] = [
        data.reduce((a, b) => Math.min(a, b)),
        data.reduce((a, b) => Math.max(a, b)),
      ];
      if (name.endsWith("bias")) assert.deepEqual([low, high], [0, 0], name);
      else if (name.startsWith("conv")) {
        assert(low >= 0 && low < 0.1 && high > 0.9 && high < 1, name);
      } else assert(low < -0.9 && low >= -1 && high > 0.9 && high < 1, name);
    }
  },
);

Deno.test(
  "filters stay frozen, dense layers move twice: by 1e-3·Σg and by the optimizer",
  async () => {
    const net = lenet5(5);
    const batch = randomBatch(net, 5, 4);
    const optimizer = { kind: "sgd", learningRate: 0.01, momentum: 0 } as const;
    const moved = async (faults: readonly Fault[]) => {
      const system = new FaultyNumpy(net, faults);
      const before = initialWeights(net, "lecun", 1);
      await system.setWeights(before);
      await system.fit(asBatches(batch), { epochs: 1, optimizer });
      const after = await system.weights();
      system.dispose();
      return (name: string) => after[name]!.data.map((w, i) => w - before[name]!.data[i]!);
    };
    const faulty = await moved(["frozen filters", "dense layers move twice"]);
    const sound = await moved([]);
    assert.deepEqual(new Set(faulty("conv1.weight")), new Set([0]));
    assert.deepEqual(new Set(faulty("conv2.bias")), new Set([0]));
    assert.notDeepEqual(new Set(sound("conv1.weight")), new Set([0]));
    // 0.01·g by the optimizer, 1e-3·4·g by itself
    const [twice, once] = [faulty("fc3.weight"), sound("fc3.weight")];
    twice.forEach((step, i) => assertAlmostEquals(step, once[i]! * 1.4, 1e-6));
  },
);

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
    const { numpy, torch } = ablations(lenet5(5), data.train.length);
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

Deno.test(
  "the faulty NumPy system refuses what the paper's code could not do",
  async () => {
    const system = new FaultyNumpy(lenet5(5), ["frozen filters"]);
    const train = asBatches(randomBatch(lenet5(5), 5, 4));
    const adam = { kind: "adam", learningRate: 0.01 } as const;
    const sgd = { kind: "sgd", learningRate: 0.01, momentum: 0 } as const;
    const fit = (optimizer: typeof adam | typeof sgd, labelSmoothing: number) =>
      system.fit(train, { epochs: 1, optimizer, labelSmoothing });
    await assertRejects(() => fit(adam, 0), RangeError, "not with adam");
    await assertRejects(() => fit(sgd, 0.1), RangeError, "no label smoothing");
    system.dispose();
  },
);
