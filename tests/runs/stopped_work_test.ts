/** A work of many steps that its reader stops: what is finished is the result. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Stopped } from "../../lib/report/mod.ts";
import { pruneRun } from "../../lib/runs/prune_runs.ts";
import { pruningCurve } from "../../lib/runs/pruning_curve.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runData } from "./pixels.ts";

const [architecture, data] = [lenet5(5), runData()];
const shared = { system: "numpy", architecture, epochs: 2, batchSize: 16 } as const;
const configuration = runConfiguration(shared);
const fineTuning = { epochs: 1, learningRate: 1e-3 };

/** A listener that stops the work once so many steps are done. */
function stopAt(steps: number) {
  return (done: number) => {
    if (done >= steps) throw new Stopped(`stopped after ${done} steps`);
  };
}

Deno.test("a stopped comparison of networks has those that are finished", async () => {
  const run = await trainRun(configuration, data);
  const pruned = await pruneRun(run, data, { fineTuning }, stopAt(4));
  // the dense network, the same trained on, the first way to prune, and that trained on
  assert.equal(pruned.length, 4);
  assert(pruned[3]!.comparison!.paired.corrected >= 0, "it is tested");
  const training = { aware: fineTuning, pruned: fineTuning };
  const names = (await quantizeRun(run, data, training, stopAt(3))).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 2), ["float32", "fake-quantized: float32 inside"]);
  assert.equal(names.length, 3);
});

Deno.test("a stopped curve has the points that are measured", async () => {
  const run = await trainRun(configuration, data);
  const points = await pruningCurve(run, data, fineTuning, stopAt(9));
  const scopes = points.map(({ scope }) => scope);
  assert.deepEqual(new Set(scopes), new Set(["control", "layer"]));
});

Deno.test("other errors are not taken for a stop, and a single result is kept too", async () => {
  const run = await trainRun(configuration, data);
  const fail = () => {
    throw new TypeError("broken listener");
  };
  await assert.rejects(pruningCurve(run, data, fineTuning, fail), { message: "broken listener" });
  const training = { aware: fineTuning, pruned: fineTuning };
  assert.equal((await quantizeRun(run, data, training, stopAt(0))).length, 1);
});

Deno.test("a stopped training of the store says how to go on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = new RunStore(join(folder, "results"));
    await assert.rejects(store.loadOrTrain(configuration, data, { onProgress: stopAt(20) }), {
      name: "Stopped",
      message: /^stopped after \d+ steps\. Run the cell again to go on from the last checkpoint\.$/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
