/** What processes find side by side has the numbers that it has here, and other images are refused. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { withFiles } from "../data/files.ts";
import { noiseFiles } from "../data/noise_files.ts";
import { withEnvironment } from "../environment.ts";
import { accuracyCurves } from "../../lib/diagnosis/test_curves.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { openExperiment } from "../../lib/runs/experiment.ts";
import { pruningCurve } from "../../lib/runs/pruning_curve.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { trainRun } from "../../lib/runs/train_run.ts";

/** With one thread all would be done here. */
const inProcesses = (work: () => Promise<void>) => withEnvironment({ LENET_THREADS: "2" }, work);

/** LeNet-5 with few filters and units, which is soon quantized. */
const architecture = {
  ...lenet5(3),
  layers: lenet5(3).layers.map((layer) => {
    if (layer.kind === "conv") return { ...layer, filters: 4 };
    return layer.kind === "dense" && layer.units > 3 ? { ...layer, units: 16 } : layer;
  }),
};

Deno.test("curves and int8 networks have the same numbers from processes as from here", () =>
  inProcesses(() =>
    withFiles(noiseFiles, async (dataFolder) => {
      const experiment = await openExperiment(undefined, { dataFolder });
      const { data } = experiment;
      const few = { epochs: 1, learningRate: 0.01 };
      const configurations = (["numpy", "torch"] as const).map((system) =>
        runConfiguration({ system, architecture, backend: "kernels", epochs: 1, batchSize: 16 })
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
      const [name, bytes] = Object.entries(noiseFiles)[0]!;
      await withFiles(
        { ...noiseFiles, [name]: bytes.with(-1, 255 - bytes.at(-1)!) },
        async (other) => {
          const { parameters } = await openExperiment(undefined, { dataFolder: other });
          await assertRejects(
            () => accuracyCurves(configurations, 2, data, undefined, { ...experiment, parameters }),
            Error,
            "other images",
          );
        },
      );
    })
  ));
