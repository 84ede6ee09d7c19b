/** A loss of one's own means the same in all three systems, and on both engines of the hand-written one. */
import assert from "node:assert/strict";
import { assertAlmostEquals, assertLess, assertRejects, assertThrows } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import {
  evaluateLoss,
  type LossFunction,
  type LossInput,
  weightedCrossEntropy,
} from "../../lib/model/loss.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { createSystem, type SystemOptions } from "../../lib/systems/create_system.ts";
import type { FitOptions, SystemName } from "../../lib/systems/system.ts";
import { TorchSystem } from "../../lib/systems/torch/torch_system.ts";
import { CrossEntropyLoss } from "../../lib/systems/torch/cross_entropy_loss.ts";
import { Rng } from "../../lib/util/rng.ts";
import { asBatches, maxDifference, randomBatch, smallConvolutional } from "./helpers.ts";
import { runData } from "../runs/pixels.ts";

const batch = randomBatch(smallConvolutional, 4, 6);
const rng = new Rng(9);
const soft = Float32Array.from({ length: 24 }, () => rng.uniform());
for (let n = 0; n < 24; n += 4) {
  const sum = soft.subarray(n, n + 4).reduce((a, b) => a + b);
  for (let c = n; c < n + 4; c++) soft[c]! /= sum;
}

/** Mean over images of Σ (x − t)². */
const squares: LossFunction = ({ size, logits, targets }) => ({
  loss: logits.reduce((sum, x, i) => sum + (x - targets[i]!) ** 2, 0) / size,
  gradient: logits.map((x, i) => 2 * (x - targets[i]!) / size),
});

const engines: readonly [string, SystemName, SystemOptions][] = [
  ["numpy", "numpy", {}],
  ["the reference", "numpy", { engine: "reference" }],
  ["torch", "torch", {}],
  ["keras", "keras", {}],
];

/** Weights after two steps of SGD, and the losses before them. */
async function trained(
  name: SystemName,
  own: SystemOptions,
  options: Partial<FitOptions>,
  targets?: Float32Array,
) {
  using system = await createSystem(name, smallConvolutional, own);
  await system.setWeights(initialWeights(smallConvolutional, "lecun", 3));
  const losses: number[] = [];
  const batches = asBatches({ ...batch, ...targets && { targets } });
  await system.fit({ ...batches, softTargets: targets !== undefined }, {
    epochs: 2,
    optimizer: { kind: "sgd", learningRate: 0.1, momentum: 0 },
    onBatch: ({ loss }) => void losses.push(loss),
    ...options,
  });
  const weights = Object.values(await system.weights()).flatMap(({ data }) => [...data]);
  return { weights, losses };
}

for (const [title, name, own] of engines) {
  Deno.test(`${title}: equal class weights are the cross-entropy, smoothed and with soft targets`, async () => {
    const loss = weightedCrossEntropy([2, 2, 2, 2]);
    for (const targets of [undefined, soft]) {
      const plain = await trained(name, own, { labelSmoothing: 0.2 }, targets);
      // with targets of its own the weights are not divided away
      const weighted = await trained(name, own, {
        ...{ labelSmoothing: 0.2, loss: targets ? weightedCrossEntropy([1, 1, 1, 1]) : loss },
      }, targets);
      assertLess(maxDifference(weighted.weights, plain.weights), 2e-6);
      assertLess(maxDifference(weighted.losses, plain.losses), 1e-5);
    }
  });

  Deno.test(`${title}: a function of one's own is what is minimised, as in the reference`, async () => {
    for (const loss of [squares, weightedCrossEntropy([0, 1, 2, 5])]) {
      for (const targets of [undefined, soft]) {
        const expected = await trained("numpy", { engine: "reference" }, { loss }, targets);
        const found = await trained(name, own, { loss }, targets);
        assertLess(maxDifference(found.weights, expected.weights), 2e-6);
        assertLess(maxDifference(found.losses, expected.losses), 1e-5);
        const plain = await trained(name, own, {}, targets);
        assert(maxDifference(found.weights, plain.weights) > 1e-3, "it has an effect");
      }
    }
  });

  Deno.test(`${title}: a loss may compute in place of what it is given`, async () => {
    const inPlace: LossFunction = (input) => {
      const { loss, gradient } = squares(input);
      input.logits.set(gradient);
      input.labels.fill(0);
      input.targets.fill(NaN);
      return { loss, gradient: input.logits };
    };
    for (const targets of [undefined, soft]) {
      const expected = await trained(name, own, { loss: squares }, targets);
      assert.deepEqual(await trained(name, own, { loss: inPlace }, targets), expected);
    }
  });

  Deno.test(`${title}: after a loss of one's own the cross-entropy is minimised again`, async () => {
    using system = await createSystem(name, smallConvolutional, own);
    const options = { epochs: 1, optimizer: { kind: "adam", learningRate: 1e-3 } } as const;
    await system.setWeights(initialWeights(smallConvolutional, "lecun", 3));
    await system.fit(asBatches(batch), options);
    const once = await system.weights();
    await system.fit(asBatches(batch), { ...options, loss: squares });
    await system.setWeights(initialWeights(smallConvolutional, "lecun", 3));
    await system.fit(asBatches(batch), options);
    assert.deepEqual(await system.weights(), once);
  });
}

Deno.test("the gradient of the weighted cross-entropy is that of its loss", () => {
  const loss = weightedCrossEntropy([0.5, 1, 0, 3]);
  const logits = Float32Array.from({ length: 24 }, () => rng.normal());
  for (const targets of [undefined, soft]) {
    const own = { ...batch, ...targets && { targets } };
    const { gradient } = evaluateLoss(loss, own, logits, 4, 0.1);
    logits.forEach((x, i) => {
      const at = (x: number) => evaluateLoss(loss, own, logits.with(i, x), 4, 0.1).loss;
      assertAlmostEquals(gradient[i]!, (at(x + 0.01) - at(x - 0.01)) / 0.02, 1e-4);
    });
  }
});

Deno.test("the weighted cross-entropy is PyTorch's: the mean by the labels' weights", () => {
  const logits = Float32Array.of(1, 2, 3, 0.5, -1, 0);
  const input = { size: 2, labels: Int32Array.of(0, 2) };
  // torch.nn.functional.cross_entropy(logits, labels, weight=[1, 2, 3]) by hand:
  const nll = (row: number[], label: number) =>
    Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[label]!;
  const expected = (1 * nll([1, 2, 3], 0) + 3 * nll([0.5, -1, 0], 2)) / (1 + 3);
  const { loss } = evaluateLoss(weightedCrossEntropy([1, 2, 3]), input, logits, 3);
  assertAlmostEquals(loss, expected, 1e-6);
});

Deno.test("what is no loss, no gradient or no weight is refused", async () => {
  assertThrows(() => weightedCrossEntropy([1, -1]), RangeError, "weight 1 is -1");
  assertThrows(() => weightedCrossEntropy([0, 0]), RangeError, "one of them above 0");
  const cases: [unknown, string][] = [
    ["squares", "loss must be a function, got squares"],
    [() => ({ gradient: new Float32Array(24) }), "must give a number as loss"],
    [({ size }: LossInput) => ({ loss: size, gradient: new Float32Array(3) }), "6 × 4 numbers"],
    [
      ({ logits }: LossInput) => ({ loss: 1, gradient: logits.map((_, i) => i === 9 ? NaN : 0) }),
      "a gradient that is NaN for class 1 of image 2",
    ],
    [async (input: LossInput) => await Promise.resolve(squares(input)), "number as loss"],
    [weightedCrossEntropy([1, 1]), "4 classes need as many weights, got 2"],
    [() => ({ loss: NaN, gradient: new Float32Array(24) }), "the loss of epoch 1, batch 1, is NaN"],
  ];
  for (const [, name, own] of engines) {
    for (const [loss, message] of cases) {
      await assertRejects(() => trained(name, own, { loss: loss as LossFunction }), Error, message);
    }
  }
});

Deno.test("a torch system with a criterion, and a run with a fault, refuse another loss", async () => {
  using system = new TorchSystem(smallConvolutional, { criterion: new CrossEntropyLoss() });
  const optimizer = { kind: "sgd", learningRate: 0.1, momentum: 0 } as const;
  await assertRejects(
    () => system.fit(asBatches(batch), { epochs: 1, optimizer, loss: squares }),
    RangeError,
    "has a criterion of its own",
  );
  const faulty = runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), faults: ["frozen filters"] },
    epochs: 1,
  });
  await assertRejects(
    () => trainRun(faulty, runData(), { loss: squares }),
    RangeError,
    'a run with the fault "frozen filters" takes no other loss',
  );
});
