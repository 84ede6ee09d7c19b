import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { causeOf, isAlive } from "../../lib/diagnosis/cause.ts";
import { meanHits, medianOf } from "../../lib/diagnosis/climb.ts";
import { examine, saturatedShare } from "../../lib/diagnosis/examine.ts";
import { correctedTrial, ladders } from "../../lib/diagnosis/ladders.ts";
import { TrialStore } from "../../lib/diagnosis/trial_store.ts";
import { seedMean } from "../../lib/metrics/seeds.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { randomBatch } from "../systems/helpers.ts";
import { runData } from "../runs/pixels.ts";
import { trialResult } from "./results.ts";

Deno.test("the interval of a mean over seeds holds the images' share and the seeds'", () => {
  const one = seedMean([0.25], 450);
  assertEquals(one.value, 0.25);
  const half = 1.959963984540054 * Math.sqrt(0.25 * 0.75 / 450);
  assert(Math.abs(one.interval[1] - 0.25 - half) < 1e-12);
  const apart = seedMean([0.125, 0.25, 0.375], 450), alike = seedMean([0.25, 0.25, 0.25], 450);
  assertEquals(alike.interval, one.interval);
  assert(apart.interval[0] < alike.interval[0] && apart.interval[1] > alike.interval[1]);
  assertEquals(seedMean([0, 0], 450).interval, [0, 0]);
  assertThrows(() => seedMean([], 450), RangeError, "no accuracy");
});

Deno.test("means and medians are over the seeds", () => {
  const results = [
    trialResult(1, 9),
    trialResult(2, 18, { predicted: 3 }),
    trialResult(3, 36, { predicted: 5 }),
  ];
  assertEquals(meanHits(results, "test", "top1").value, 21 / 450);
  assertEquals(medianOf(results, ({ predicted }) => predicted), 5);
});

Deno.test("saturated is where the slope is below 2 % of the steepest", () => {
  assertEquals(saturatedShare([0.99, 0.9, -0.995, 1, NaN], "tanh"), 4 / 5);
  assertEquals(saturatedShare([0.5, 0.999, 0.001], "sigmoid"), 2 / 3);
  assertEquals(saturatedShare([0, 0, 1, 2], "relu"), 0.5);
});

Deno.test("examining a network names its layers in order, the last without an activation", () => {
  const net = lenet5(5);
  const layers = examine(net, initialWeights(net, "lecun", 1), randomBatch(net, 5, 8));
  assertEquals(layers.map(({ layer }) => layer), ["conv1", "conv2", "fc1", "fc2", "fc3"]);
  assertEquals(layers.map(({ saturated }) => saturated === undefined), [
    false,
    false,
    false,
    false,
    true,
  ]);
  assert(layers.every(({ gradientNorm }) => gradientNorm > 0));
});

Deno.test("a cause says whether the network came alive, and what stands in the way", () => {
  const { rungs: [published, next] } = ladders(lenet5(), 100).numpy;
  const dead = [1, 2, 3].map((seed) =>
    trialResult(seed, 9, {
      predicted: 1,
      layers: [{ layer: "conv1", saturated: 1, gradientNorm: 0 }],
    })
  );
  const alive = [1, 2, 3].map((seed) => trialResult(seed, 70));
  assertEquals([isAlive(dead), isAlive(alive)], [false, true]);
  const below = { rung: published!, results: dead };
  assertMatch(
    causeOf(below, undefined),
    /At chance: top-1 0\.020, top-5 0\.040, 1 class predicted; units on/,
  );
  assertMatch(causeOf(below, undefined), /conv1 100 %; the gradient at conv1 is 0\.$/);
  assertMatch(causeOf({ rung: next!, results: dead }, below), /Still at chance/);
  assertMatch(
    causeOf({ rung: next!, results: alive }, below),
    /Here the network comes alive: top-1 0\.156/,
  );
  const falling = dead.map((one) => ({ ...one, epochs: [{ epoch: 1, loss: -24.5, accuracy: 0 }] }));
  assertMatch(causeOf({ rung: next!, results: falling }, below), /fallen to -24\.5, below zero/);
});

Deno.test("a stored trial is not run again; a damaged store is named", async () => {
  const folder = await Deno.makeTempDir();
  const data = runData(5);
  const trial = { ...correctedTrial(lenet5(5), "lecun"), epochs: 1 };
  const first = await new TrialStore(folder).run(data, trial, 1);
  let started = false;
  const again = await new TrialStore(folder).run(data, trial, 1, () => {
    started = true;
  });
  assertEquals([again, started], [first, false]);
  await new TrialStore(folder).run(data, trial, 2, () => {
    started = true;
  });
  assert(started, "another seed is another trial");
  const path = join(folder, "runs", "trials.json");
  await Deno.writeTextFile(path, "{");
  await assertRejects(() => new TrialStore(folder).run(data, trial, 1), Error, path);
  await Deno.remove(folder, { recursive: true });
});
