/** The mistakes, made on purpose, are those of the report's code. */
import { assert, assertAlmostEquals, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import {
  PublishedNumpy,
  saturatingWeights,
  swappedCrossEntropy,
} from "../../lib/diagnosis/published.ts";
import { byClass, runTrial } from "../../lib/diagnosis/trial.ts";
import { ladders } from "../../lib/diagnosis/ladders.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import * as tf from "../../lib/backend/tf.ts";
import { asBatches, randomBatch } from "../systems/helpers.ts";
import { pixelSet, runData } from "../runs/pixels.ts";

Deno.test("the swapped loss is linear in the logits: L·Σx − x_label, with L = log(e + K − 1)", () => {
  const [k, labels] = [5, [3, 0]];
  const x = [[0.5, -1, 2, 0, 1], [3, 0, 0, -2, 1]];
  const l = Math.log(Math.E + k - 1);
  const expected = x.map((row, n) => l * row.reduce((a, b) => a + b) - row[labels[n]!]!)
    .reduce((a, b) => a + b) / 2;
  tf.tidy(() => {
    const oneHot = tf.oneHot(tf.tensor1d(labels, "int32"), k);
    const loss = (logits: tf.Tensor) => swappedCrossEntropy.forward(logits, oneHot);
    assertAlmostEquals(loss(tf.tensor2d(x)).dataSync()[0]!, expected, 1e-5);
    const gradient = tf.grad(loss);
    assertEquals(
      gradient(tf.tensor2d(x)).dataSync(),
      gradient(tf.zeros([2, k])).dataSync(),
      "the gradient does not depend on what the network says",
    );
  });
});

Deno.test("the published start: filters in [0, 1), dense weights in [−1, 1), biases 0", () => {
  for (const [name, { data }] of Object.entries(saturatingWeights(lenet5(), 1))) {
    const [low, high] = [
      data.reduce((a, b) => Math.min(a, b)),
      data.reduce((a, b) => Math.max(a, b)),
    ];
    if (name.endsWith("bias")) assertEquals([low, high], [0, 0], name);
    else if (name.startsWith("conv")) assert(low >= 0 && low < 0.1 && high > 0.9 && high < 1, name);
    else assert(low < -0.9 && low >= -1 && high > 0.9 && high < 1, name);
  }
});

Deno.test("filters stay frozen, dense layers move twice: by 1e-3·Σg and by the optimizer", async () => {
  const net = lenet5(5);
  const batch = randomBatch(net, 5, 4);
  const optimizer = { kind: "sgd", learningRate: 0.01, momentum: 0 } as const;
  const moved = async (frozenFilters: boolean, selfUpdate: number) => {
    const system = new PublishedNumpy(net, { frozenFilters, selfUpdate });
    const before = initialWeights(net, "lecun", 1);
    await system.setWeights(before);
    await system.fit(asBatches(batch), { epochs: 1, optimizer });
    const after = await system.weights();
    system.dispose();
    return (name: string) => after[name]!.data.map((w, i) => w - before[name]!.data[i]!);
  };
  const faulty = await moved(true, 1e-3), sound = await moved(false, 0);
  assertEquals(new Set(faulty("conv1.weight")), new Set([0]));
  assertEquals(new Set(faulty("conv2.bias")), new Set([0]));
  assertNotEquals(new Set(sound("conv1.weight")), new Set([0]));
  // 0.01·g by the optimizer, 1e-3·4·g by itself
  const [twice, once] = [faulty("fc3.weight"), sound("fc3.weight")];
  twice.forEach((step, i) => assertAlmostEquals(step, once[i]! * 1.4, 1e-6));
});

Deno.test("a training set by class holds the same images with their labels", () => {
  const set = pixelSet(40, 4, 1), sorted = byClass(set);
  assertEquals([...sorted.labels], [...set.labels].sort((a, b) => a - b));
  const known = new Map(Array.from({ length: 40 }, (_, i) => [set.get(i).join(), set.labels[i]!]));
  for (let i = 0; i < 40; i++) assertEquals(known.get(sorted.get(i).join()), sorted.labels[i]);
});

Deno.test("each ladder starts with the published run and ends with the corrected one", () => {
  const { numpy, torch, keras, written } = ladders(lenet5(), 25_000);
  for (const { name, rungs } of [numpy, torch, keras, written]) {
    const { trial } = rungs.at(-1)!;
    assertEquals(trial.architecture, lenet5(), name);
    assertEquals([trial.epochs, trial.batchSize, trial.pixels], [10, 256, "standardised"], name);
    assertEquals([trial.order, trial.loss, trial.faults], [
      "shuffled",
      "cross-entropy",
      undefined,
    ]);
    assertEquals(trial.optimizer, { kind: "adam", learningRate: 1e-3 });
    // what a rung changes is one thing, or two that its text names together
    rungs.slice(1).forEach(({ change, trial }, i) => {
      const before = rungs[i]!.trial;
      const keys = Object.keys(trial) as (keyof typeof trial)[];
      const changed = keys.filter((key) =>
        JSON.stringify(trial[key]) !== JSON.stringify(before[key])
      );
      assertEquals(changed.length, change.includes(",") && change.includes("Adam") ? 2 : 1, change);
    });
  }
  assertEquals(numpy.rungs[0]!.trial.batchSize, 125);
});

Deno.test("as published, numpy and torch end with one class; the corrected ones do not", async () => {
  const data = runData(5);
  const { numpy, torch } = ladders(lenet5(5), data.train.length);
  const published = await runTrial(data, numpy.rungs[0]!.trial, 1);
  assertEquals([published.predicted, published.test.top1], [1, 5]);
  assertEquals(published.layers.map(({ gradientNorm }) => gradientNorm).slice(0, 2), [0, 0]);
  assert(published.layers.slice(0, 2).every(({ saturated }) => saturated === 1));
  const swapped = await runTrial(data, { ...torch.rungs[0]!.trial, epochs: 30 }, 1);
  assertEquals(swapped.predicted, 1);
  assertLess(swapped.epochs.at(-1)!.loss, 0);
  const sound = await runTrial(
    ...[data, { ...torch.rungs.at(-1)!.trial, epochs: 30, batchSize: 16 }, 1] as const,
  );
  assertEquals(sound.predicted, 5);
});
