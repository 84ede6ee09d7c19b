/** The pruning experiment whole, on a tiny data set. */
import assert from "node:assert/strict";
import { assertGreater, assertLess } from "../assert.ts";
import { sparsity } from "../../lib/compression/masks.ts";
import { pruningFigure } from "../../lib/report/figures/pruning_figure.ts";
import { curveTable, pruningTable, storageTable } from "../../lib/report/tables/pruning_table.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { curveSparsities, pruneRun, pruningCurve } from "../../lib/runs/prune_runs.ts";
import { trainRun } from "../../lib/runs/run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { inferenceRates } from "../../lib/runs/timing.ts";
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

Deno.test("every way of pruning is measured, before and after fine-tuning", async () => {
  const run = await trainRun(configuration, data);
  const told: number[] = [];
  const models = await pruneRun(run, data, fineTuning, (done) => void told.push(done));
  assert.deepEqual(told, [1, 2, 3, 4]);
  assert.deepEqual(models.length, 9);
  const byName = new Map(models.map((model) => [model.name, model]));
  assert.deepEqual(byName.get("dense")!.weights, run.weights);
  for (const { name, masks, weights, multiplyAdds, sparsity: own } of models) {
    if (name.startsWith("structured")) assertLess(multiplyAdds, 0.7 * models[0]!.multiplyAdds);
    else assert.deepEqual(multiplyAdds, models[0]!.multiplyAdds);
    if (masks) assertGreater(sparsity(weights), 0.38, name);
    assert.deepEqual(own, sparsity(weights));
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
    [...rates.values()].every(({ low, median, high }) =>
      0 < low && low <= median && median <= high
    ),
  );
  assert(pruningTable(dataset, models, rates).markdown().includes("(synthetic images)"));
  assert.deepEqual(storageTable(models).options.rows.length, 9);
});

Deno.test("the curve starts at the whole network and ends at 98 %, for both scopes", async () => {
  const run = await trainRun({ ...configuration, epochs: 3 }, data);
  const points = await pruningCurve(run, data, fineTuning);
  for (const scope of ["layer", "global"]) {
    const own = points.filter((point) => point.scope === scope).map(({ sparsity }) => sparsity);
    assert.deepEqual(own, [0, ...curveSparsities]);
  }
  assert.deepEqual(curveTable(dataset, points).options.rows.length, 16);
  const { svg } = pruningFigure(points, { classes: 5, data: "made" });
  assert.deepEqual(svg.match(/<circle/g)!.length, 32);
});
