/** The mean of the weights over the steps is what its definition says, in all three systems. */
import assert from "node:assert/strict";
import { assertLess, assertRejects, assertThrows } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { maxWeightDifference, type Weights } from "../../lib/model/weights.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { prepareRun } from "../../lib/runs/train_run.ts";
import { TrainingRecord } from "../../lib/runs/training_record.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { predictAll, score } from "../../lib/systems/evaluate.ts";
import type { Evaluation, FitOptions } from "../../lib/systems/system.ts";
import { runData } from "../runs/pixels.ts";
import { asBatches, perceptron, randomBatch } from "./helpers.ts";

const DECAY = 0.3;
const optimizer = { kind: "adam", learningRate: 0.01 } as const;

/** The mean after all steps, written as in its definition. */
function meanOf([start, ...steps]: readonly Weights[]): Weights {
  return Object.fromEntries(
    Object.entries(start!).map(([name, { shape, data }]) => {
      let mean = [...data];
      for (const [index, weights] of steps.entries()) {
        const kept = Math.min(DECAY, (index + 2) / (index + 11));
        mean = mean.map((x, i) => kept * x + (1 - kept) * weights[name]!.data[i]!);
      }
      return [name, { shape, data: Float32Array.from(mean) }];
    }),
  );
}

for (const name of systemNames) {
  Deno.test(`${name}: a training leaves and evaluates the mean of its weights, and steps without it`, async () => {
    const batches = asBatches(randomBatch(perceptron, 6, 8));
    using averaged = await createSystem(name, perceptron, { seed: 1 });
    using plain = await createSystem(name, perceptron, { seed: 1 });
    await plain.setWeights(await averaged.weights());
    const weights = [await averaged.weights()], evaluations: Evaluation[] = [];
    const options = { epochs: 8, optimizer, validation: batches };
    const onBatch = async () => void weights.push(await averaged.weights());
    const history = await averaged.fit(batches, { ...options, averaging: DECAY, onBatch });
    const own: Weights[] = [];
    await plain.fit(batches, {
      ...options,
      onBatch: async () => void own.push(await plain.weights()),
    });
    assert.deepEqual(weights.slice(1), own, "the mean must not change the steps");
    const mean = await averaged.weights();
    assertLess(maxWeightDifference(mean, meanOf(weights)), 1e-6);
    for (let epoch = 1; epoch <= 8; epoch++) {
      await plain.setWeights(meanOf(weights.slice(0, epoch + 1)));
      evaluations.push(score(await predictAll(plain, batches)));
    }
    for (const [index, { val }] of history.entries()) {
      assertLess(Math.abs(val!.loss - evaluations[index]!.loss), 1e-5);
    }
  });

  Deno.test(`${name}: a training that is stopped leaves the mean as well`, async () => {
    const stop = new AbortController(), weights: Weights[] = [];
    using system = await createSystem(name, perceptron, { seed: 1 });
    weights.push(await system.weights());
    await system.fit(asBatches(randomBatch(perceptron, 6, 8)), {
      ...{ epochs: 9, optimizer, averaging: DECAY, signal: stop.signal },
      onBatch: async () => {
        if (weights.push(await system.weights()) === 4) stop.abort();
      },
    });
    assert.equal(weights.length, 4);
    assertLess(maxWeightDifference(await system.weights(), meanOf(weights)), 1e-6);
  });
}

Deno.test("after a training with a mean, logits that are no numbers are refused unless they are allowed", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  const batch = randomBatch(perceptron, 6, 8), train = asBatches(batch);
  const fit: FitOptions = { epochs: 1, optimizer, averaging: DECAY, validation: train };
  /** Beyond what float32 holds, but finite. */
  const steep = initialWeights(perceptron, "lecun", 1);
  steep["output.weight"]!.data.fill(3e38);
  const callbacks = [{ name: "steep", onTrainEnd: () => system.setWeights(steep) }];
  await system.fit(train, { ...fit, continueAtBrokenLoss: true, callbacks });
  assert((await system.predict(batch.images, 8)).some((x) => !Number.isFinite(x)));
  await system.setWeights(initialWeights(perceptron, "lecun", 1));
  await system.fit(train, fit);
  const broken = batch.images.with(1, NaN);
  await assertRejects(() => system.predict(broken, 8), RangeError, "pixel 1 of image 0 is NaN");
});

Deno.test("a loop that is written out refuses to average, since it would not", async () => {
  const configuration = runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), averaging: DECAY },
  });
  const data = runData(), prepared = await prepareRun(configuration, data);
  assertThrows(() => new TrainingRecord(configuration, prepared, data), RangeError, "averages no");
  prepared.system.dispose();
});
