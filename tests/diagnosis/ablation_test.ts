import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { ablations, correctedRun } from "../../lib/diagnosis/ablations.ts";
import { causeOf } from "../../lib/diagnosis/cause.ts";
import { measureAblation } from "../../lib/diagnosis/measure_ablation.ts";
import { summarize } from "../../lib/diagnosis/summary.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { runData } from "../runs/pixels.ts";
import { measuredStep, scoredRun } from "./scored_runs.ts";

Deno.test("each ablation starts from a faulty run and ends in the corrected one", () => {
  const all = ablations(lenet5(), 25_000);
  for (const { name, steps } of Object.values(all)) {
    const { configuration: last } = steps.at(-1)!;
    const { standsFor = "numpy" } = last;
    assert.deepEqual(last, correctedRun(lenet5(), standsFor), name);
    assert.deepEqual([last.epochs, last.batchSize, last.pixels], [10, 256, "standardised"], name);
    assert.deepEqual([last.order, last.faults], ["shuffled", undefined], name);
    assert.deepEqual(last.optimizer, { kind: "adam", learningRate: 1e-3 });
    // a step changes one thing, or two that its text names together
    steps.slice(1).forEach(({ change, configuration }, i) => {
      const before: object = steps[i]!.configuration;
      const keys = new Set([...Object.keys(before), ...Object.keys(configuration)]);
      const changed = [...keys].filter((key) =>
        JSON.stringify(before[key as keyof typeof before]) !==
          JSON.stringify(configuration[key as keyof typeof configuration])
      );
      // which system computes is not a change of the run that is described
      const told = changed.filter((key) => key !== "system" && key !== "standsFor");
      assert.deepEqual(told.length, change.includes("Adam") ? 2 : 1, change);
    });
  }
  const [faulty] = all.numpy.steps;
  assert.deepEqual(faulty!.configuration.batchSize, 125);
  assert.deepEqual(faulty!.configuration.faults, ["dense layers move twice", "frozen filters"]);
});

Deno.test("a step that another system computes says so", () => {
  const { numpy, torch, keras, text } = ablations(lenet5(), 25_000);
  const computed = ({ steps }: typeof numpy) =>
    steps.map(({ configuration: { system, standsFor } }) => `${system} for ${standsFor ?? system}`);
  assert.deepEqual(new Set(computed(numpy)), new Set(["numpy for numpy"]));
  assert.deepEqual(computed(torch)[0], "torch for torch");
  assert.deepEqual(new Set(computed(torch).slice(1)), new Set(["numpy for torch"]));
  assert.deepEqual(new Set(computed(keras)), new Set(["numpy for keras"]));
  assert.deepEqual(new Set(computed(text)), new Set(["numpy for torch"]));
});

Deno.test("a summary has means and medians over the seeds", () => {
  const summary = summarize([
    scoredRun(1, 9, { loss: 4 }),
    scoredRun(2, 18, { predicted: 3, loss: -2 }),
    scoredRun(3, 36, { predicted: 5, loss: 1 }),
  ]);
  assert.deepEqual(summary.test.top1.value, 21 / 450);
  assert.deepEqual(summary.val.top5.value, 42 / 450);
  assert.deepEqual([summary.predicted, summary.loss, summary.seeds], [5, 1, 3]);
  assert.deepEqual(summary.top1BySeed, [9 / 450, 18 / 450, 36 / 450]);
  assertThrows(() => summarize([]), RangeError, "no runs");
});

Deno.test("above chance is what lies above it by top-1 or by top-5, with its interval", () => {
  const above = (top1: number, top5: number) =>
    summarize([1, 2, 3].map((seed) => scoredRun(seed, top1, { top5 }))).aboveChance;
  // chance is 9 and 45 hits of 450; the intervals reach 6 and 13 hits further down
  assert.deepEqual([above(9, 45), above(14, 50), above(25, 45), above(9, 65)], [
    ...[false, false, true, true],
  ]);
});

Deno.test("a cause says whether the network is above chance, and what stands in the way", () => {
  const [first, next] = ablations(lenet5(), 100).numpy.steps;
  const dead = [{ layer: "conv1", saturated: 1, gradientNorm: 0 }];
  const live = [{ layer: "conv1", saturated: 0.1, gradientNorm: 0.5 }];
  const below = measuredStep(first!, [9, 9, 9], dead, { predicted: 1 });
  const above = measuredStep(next!, [70, 70, 70], live);
  assert.deepEqual([below.summary.aboveChance, above.summary.aboveChance], [false, true]);
  assert.match(
    causeOf(below, undefined),
    /It is at chance: top-1 0\.020, top-5 0\.040, 1 class predicted; units are saturated/,
  );
  assert.match(causeOf(below, undefined), /conv1 100 %; the gradient at conv1 is 0\.$/);
  assert.match(causeOf({ ...below, step: next! }, below), /It is still at chance/);
  assert.match(causeOf(above, below), /the network rises above chance: top-1 0\.156/);
  assert.match(causeOf({ ...below, step: next! }, above), /it falls back to chance/);
  const falling = measuredStep(next!, [9, 9, 9], dead, { predicted: 1, loss: -24.5 });
  assert.match(causeOf(falling, below), /fallen to -24\.5, below zero/);
  const slow = measuredStep(next!, [9, 9, 9], live, { predicted: 1 });
  assert.match(causeOf(slow, below), /has norm 5e-1, so it could learn/);
});

Deno.test("a measured ablation keeps its runs, and takes them from the store the next time", async () => {
  const folder = await Deno.makeTempDir();
  const [data, store] = [runData(5), new RunStore(folder)];
  const shared = { system: "numpy", architecture: lenet5(5), batchSize: 16 } as const;
  const steps = [1, 2].map((epochs) => ({
    change: `${epochs} epochs`,
    mechanism: "there are more steps",
    configuration: runConfiguration({ ...shared, epochs }),
  }));
  const measure = () =>
    measureAblation({ store, data }, { name: "made-up", steps }, undefined, [1, 2]);
  const [first, again] = [await measure(), await measure()];
  const origins = (measured: typeof first) =>
    measured.steps.flatMap(({ runs }) => runs.map(({ origin }) => origin));
  assert.deepEqual(origins(first), ["trained", "trained", "trained", "trained"]);
  assert.deepEqual(origins(again), ["loaded", "loaded", "loaded", "loaded"]);
  assert.deepEqual(
    again.steps.map(({ summary }) => summary),
    first.steps.map((step) => step.summary),
  );
  assert.deepEqual(
    again.steps.map(({ layers }) => layers),
    first.steps.map(({ layers }) => layers),
  );
  assert.deepEqual(first.last, first.steps[1]!.summary);
  assert(first.steps.every(({ layers }) => layers.length === 5));
  await Deno.remove(folder, { recursive: true });
});
