/** What processes find side by side has the numbers that it has here, and other images are refused. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { generateSynthetic } from "../../lib/data/synthetic/generate_synthetic.ts";
import { accuracyCurves } from "../../lib/diagnosis/test_curves.ts";
import { openExperiment } from "../../lib/runs/experiment.ts";
import { pruningCurve } from "../../lib/runs/pruning_curve.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { trainRun } from "../../lib/runs/train_run.ts";

Deno.test("curves and int8 networks have the same numbers from processes as from here", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await generateSynthetic(`${folder}/data`, { train: 100, heldOut: 1, seed: 7 });
    const experiment = await openExperiment(undefined, { dataFolder: `${folder}/data` });
    const { data } = experiment;
    const few = { epochs: 1, learningRate: 0.01 };
    const configurations = (["numpy", "torch"] as const).map((system) =>
      experiment.configuration({ system, backend: "kernels", epochs: 1, batchSize: 16 })
    );
    const run = await trainRun(configurations[0]!, data);
    assert.deepEqual(
      await accuracyCurves(configurations, 2, data, undefined, experiment),
      await accuracyCurves(configurations, 2, data),
    );
    assert.deepEqual(
      await pruningCurve(run, data, few, undefined, experiment),
      await pruningCurve(run, data, few),
    );
    const training = { aware: few, pruned: few };
    assert.deepEqual(
      await quantizeRun(run, data, training, undefined, experiment),
      await quantizeRun(run, data, training),
    );
    await generateSynthetic(`${folder}/other`, { train: 100, heldOut: 1, seed: 8 });
    const { parameters } = await openExperiment(undefined, { dataFolder: `${folder}/other` });
    await assertRejects(
      () => accuracyCurves(configurations, 2, data, undefined, { ...experiment, parameters }),
      Error,
      "other images",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
