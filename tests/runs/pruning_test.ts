/** The pruning experiment whole, on a tiny data set. */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertRejects } from "../assert.ts";
import { sparsity } from "../../lib/compression/masks.ts";
import { pruningFigure } from "../../lib/report/figures/pruning_figure.ts";
import {
  curveTable,
  pruningSpeedTable,
  pruningTable,
  storageTable,
} from "../../lib/report/tables/pruning_table.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { pruneRun } from "../../lib/runs/prune_runs.ts";
import { curveSparsities, pruningCurve } from "../../lib/runs/pruning_curve.ts";
import { trainOn } from "../../lib/runs/finetuning.ts";
import { finetuneQuantized } from "../../lib/runs/further_trainings.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { inferenceRates } from "../../lib/runs/timing.ts";
import type { PairedRatio } from "../../lib/metrics/paired_ratio.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runData } from "./pixels.ts";

const fineTuning = { epochs: 1, learningRate: 1e-3 };
const [architecture, data] = [lenet5(5), runData()];
const dataset = { name: "made", synthetic: true, classes: [..."abcde"] } as unknown as Dataset;
const configuration = runConfiguration({
  system: "numpy",
  architecture,
  optimizer: { kind: "adam", learningRate: 3e-3 },
  epochs: 8,
  batchSize: 16,
});

Deno.test("every way of pruning is measured, beside a dense network trained as long", async () => {
  const run = await trainRun(configuration, data);
  const told: number[] = [];
  const onProgress = (done: number) => void told.push(done);
  const models = await pruneRun(run, data, { fineTuning }, onProgress);
  assert.deepEqual([...new Set(told)], Array.from({ length: 11 }, (_, i) => i));
  assert.deepEqual(models.length, 10);
  const byName = new Map(models.map((model) => [model.name, model]));
  assert.deepEqual(byName.get("dense")!.weights, run.weights);
  const control = byName.get("dense, 1 more epoch")!;
  assert.notDeepEqual(control.weights, run.weights);
  const longer = await trainOn(run, data, architecture, run.weights, fineTuning);
  assert.deepEqual(control.weights, longer, "the control is trained as what it is compared with");
  for (const { name, masks, weights, multiplyAdds, sparsity: own, comparison } of models) {
    if (name.startsWith("structured")) assertLess(multiplyAdds, 0.7 * models[0]!.multiplyAdds);
    else assert.deepEqual(multiplyAdds, models[0]!.multiplyAdds);
    if (masks) assertGreater(sparsity(weights), 0.38, name);
    assert.deepEqual(own, sparsity(weights));
    const expected = name.startsWith("dense")
      ? undefined
      : name.endsWith("1 more epoch")
      ? control.name
      : "dense";
    assert.equal(comparison?.control, expected, name);
    // what was pruned stays pruned through fine-tuning
    for (const [array, mask] of Object.entries(masks ?? {})) {
      assert(weights[array]!.data.every((x, i) => mask[i] === 1 || x === 0), `${name}: ${array}`);
    }
  }
  const random = byName.get("paper's text: random, conv 20 %, dense 40 %")!;
  assertGreater(random.sizes.masked, 1.9 * random.sizes.dense);
  const rates = await inferenceRates(byName, 16, 2);
  assert.deepEqual([...rates.keys()], [...byName.keys()]);
  assert(
    [...rates.values()].every(({ low, median, high, quartiles: [first, third] }) =>
      0 < low && low <= first && first <= median && median <= third && third <= high
    ),
  );
  assert(pruningTable(dataset, models).markdown().includes("(synthetic images)"));
  assert.deepEqual(pruningSpeedTable(rates, 16).options.rows.length, 10);
  assert.deepEqual(storageTable(models).options.rows.length, 10);
});

Deno.test("how fast a network is beside the dense one is told turn by turn, with an interval", () => {
  const rate = (...turns: number[]) => ({
    ...{ turns, median: turns[1]!, low: turns[0]!, high: turns[2]! },
    quartiles: [turns[0]!, turns[2]!] as const,
  });
  const rates = new Map([["dense", rate(1, 2, 10)], ["pruned", rate(2, 4, 5)]]);
  const [dense, pruned] = pruningSpeedTable(rates, 16).options.rows;
  assert.equal(dense!["ratio"], undefined);
  const { value, interval: [low, high] } = pruned!["ratio"] as PairedRatio;
  assert(Math.abs(value - 2 ** (1 / 3)) < 1e-12, `${value} is not that of the medians`);
  assert(low < 1 && 1 < high, "three turns that disagree show no difference");
});

Deno.test("networks made from a run are trained and scored on the run's backend", async () => {
  const run = await trainRun({ ...configuration, epochs: 1 }, data);
  // none has this name, so that whoever asks for it is refused
  const elsewhere = { ...run, configuration: { ...configuration, backend: "nowhere" as never } };
  for (
    const work of [
      () => trainOn(elsewhere, data, architecture, run.weights, fineTuning),
      () => finetuneQuantized({ data }, { onProgress() {} }, elsewhere, fineTuning),
      () => pruneRun(elsewhere, data),
      () => quantizeRun(elsewhere, data),
    ]
  ) await assertRejects(work, RangeError, "nowhere");
});

Deno.test("the amounts to prune can be chosen, and stand in the names", async () => {
  const run = await trainRun({ ...configuration, epochs: 1 }, data);
  const models = await pruneRun(run, data, { fineTuning, amounts: { conv: 0.5, dense: 0.125 } });
  const chosen = models.find(({ name }) => name === "magnitude, conv 50 %, dense 12.5 %")!;
  const { data: filters } = chosen.weights["conv2.weight"]!;
  assert.equal(filters.filter((x) => x === 0).length, filters.length / 2);
});

Deno.test("the curve starts at the whole network and ends at 98 %, beside its control", async () => {
  const run = await trainRun({ ...configuration, epochs: 3 }, data);
  const points = await pruningCurve(run, data, fineTuning);
  for (const scope of ["control", "layer", "global"] as const) {
    const own = points.filter((point) => point.scope === scope);
    assert.deepEqual(own.map(({ sparsity }) => sparsity), [0, ...curveSparsities]);
    assert.deepEqual(own.map(({ moreEpochs }) => moreEpochs), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert(own.every(({ paired }) => (paired === undefined) === (scope === "control")));
    if (scope === "control") continue;
    assert.equal(own[0]!.paired!.p, 1, "before anything is pruned, it is the same network");
  }
  assert.deepEqual(curveTable(dataset, points).options.rows.length, 24);
  const { svg } = pruningFigure(points, { classes: 5, data: "made" });
  assert.deepEqual(svg.match(/<circle/g)!.length, 48);
});
