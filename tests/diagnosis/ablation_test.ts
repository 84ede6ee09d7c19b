import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { measurements, measurementsOf } from "../../lib/diagnosis/step_measurements.ts";
import { judgeAblations, measureAblation } from "../../lib/diagnosis/measure_ablation.ts";
import { correctedRun } from "../../lib/diagnosis/paper_faults.ts";
import { summarize } from "../../lib/diagnosis/summary.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { runData } from "../runs/pixels.ts";
import { measuredAblation, measuredStep, scoredRun } from "./scored_runs.ts";

Deno.test("each ablation leads from a faulty run to the corrected one, on one system", () => {
  const all = ablations(lenet5());
  const systems = { numpy: "numpy", torch: "torch", keras: "keras", text: "torch" } as const;
  for (const [name, { steps }] of Object.entries(all)) {
    const system = systems[name as keyof typeof systems];
    const { configuration: last } = steps.at(-1)!;
    assert.deepEqual(last, correctedRun(lenet5(), system), name);
    assert.deepEqual([last.epochs, last.batchSize, last.pixels], [10, 256, "standardised"], name);
    assert.deepEqual([last.order, last.faults], ["shuffled", undefined], name);
    assert.deepEqual(last.optimizer, { kind: "adam", learningRate: 1e-3 });
    for (const { change, configuration } of steps) {
      assert.equal(configuration.system, system, `${name}, ${change}`);
    }
  }
});

Deno.test("a step changes one thing, or what its text names together", () => {
  for (const { steps } of Object.values(ablations(lenet5()))) {
    steps.slice(1).forEach(({ change, configuration }, i) => {
      const before: object = steps[i]!.configuration;
      const keys = new Set([...Object.keys(before), ...Object.keys(configuration)]);
      const changed = [...keys].filter((key) =>
        JSON.stringify(before[key as keyof typeof before]) !==
          JSON.stringify(configuration[key as keyof typeof configuration])
      );
      // with the optimizer go its batches and what its steps do beside
      const expected = change.includes("Adam")
        ? ["batchSize", "faults", "optimizer"]
        : [changed[0]];
      assert.deepEqual(changed.toSorted(), expected, change);
    });
  }
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

Deno.test("steps of all ablations are judged together, a shared configuration once", () => {
  const [first, second] = ablations(lenet5()).keras.steps;
  const labels = Int32Array.from({ length: 450 }, (_, i) => i % 50);
  // 20 hits of 450 are much for one test, and not for a hundred
  const weak = measuredStep(first!, [20, 20, 20], [], { top5: 45 });
  const strong = measuredStep(second!, [70, 80, 90], []);
  const [alone] = judgeAblations([{ name: "alone", steps: [weak] }], labels);
  assert.deepEqual([alone!.steps[0]!.verdict.alive, alone!.family], [true, 1]);
  const many = Array.from({ length: 100 }, (_, i) => {
    const configuration = { ...first!.configuration, epochs: i + 1 };
    return measuredStep({ ...first!, configuration }, [20, 20, 20], [], { top5: 45 });
  });
  const judged = judgeAblations([
    { name: "many", steps: [...many, strong] },
    { name: "again", steps: [strong] },
  ], labels);
  assert.deepEqual(judged.map(({ family }) => family), [101, 101]);
  assert(judged[0]!.steps.slice(0, 100).every(({ verdict }) => !verdict.alive));
  assert.deepEqual(judged[0]!.steps.at(-1)!.verdict, judged[1]!.steps[0]!.verdict);
  assert(judged[1]!.steps[0]!.verdict.alive);
});

Deno.test("a step's sentences say what was measured, before and after", () => {
  const [first, next] = ablations(lenet5()).numpy.steps;
  const dead = [
    { layer: "conv1", saturated: 0.9, gradientNorm: 0 },
    { layer: "fc1", saturated: 1, gradientNorm: 0 },
  ];
  const live = [
    { layer: "conv1", saturated: 0.1, gradientNorm: 0.5 },
    { layer: "fc1", saturated: 0.05, gradientNorm: 0.5 },
  ];
  const below = measuredStep(first!, [9, 9, 9], dead, { predicted: 1 });
  const above = measuredStep(next!, [70, 70, 70], live);
  assert.deepEqual([below.verdict.alive, above.verdict.alive], [false, true]);
  assert.equal(
    measurementsOf(below, undefined),
    "At chance: top-1 0.020, top-5 0.040, 1 class predicted. Most saturated is fc1 with 100 % of its " +
      "units. The gradient at conv1 has norm 0.",
  );
  assert.equal(
    measurementsOf(above, below),
    "The network rises above chance: top-1 0.156, top-5 0.311, 40 classes predicted. Most saturated " +
      "is conv1 with 10 % of its units (before: 90 %). The gradient at conv1 has norm 5e-1 (before: 0).",
  );
  const again = { ...below, step: next! };
  assert.match(measurementsOf(again, below), /^At chance, as before: /);
  assert.match(measurementsOf(again, above), /^The network falls back to chance: /);
  const falling = measuredStep(next!, [9, 9, 9], dead, { predicted: 1, loss: -24.5 });
  assert.match(measurementsOf(falling, below), /The training loss is -24\.5, below zero\./);
  const lines = measurements(measuredAblation("both", [below, above])).split("\n");
  assert.match(lines[1]!, /^1\. \*\*each dense layer moves once a step\.\*\* The network rises/);
});

Deno.test("a measured ablation keeps its runs, and takes them from the store the next time", async () => {
  const folder = await Deno.makeTempDir();
  const [data, store] = [runData(5), new RunStore(folder)];
  const shared = { system: "numpy", architecture: lenet5(5), batchSize: 16 } as const;
  const steps = [1, 2].map((epochs) => ({
    change: `${epochs} epochs`,
    configuration: runConfiguration({ ...shared, epochs }),
  }));
  const measure = () =>
    measureAblation({ store, data }, { name: "made-up", steps }, { seeds: [1, 2] });
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
