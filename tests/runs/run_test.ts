import assert from "node:assert/strict";
import { assertGreater, assertRejects } from "../assert.ts";
import { topK } from "../../lib/metrics/topk.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { recipes } from "../../lib/runs/recipes.ts";
import { predictions, trainRun } from "../../lib/runs/run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { labelRanks, logProbabilities } from "../../lib/systems/evaluate.ts";
import { runData } from "./pixels.ts";
import { needsOf } from "../requirements.ts";

const optimizer = { kind: "adam", learningRate: 3e-3 } as const;
const quick = { architecture: lenet5(5), optimizer, epochs: 12, batchSize: 16 };

for (const system of systemNames) {
  Deno.test(
    ...needsOf(system, `${system}: a run learns, and is the same when saved and loaded`),
    async () => {
      const folder = await Deno.makeTempDir();
      const data = runData();
      const configuration = runConfiguration({ ...quick, system });
      const store = new RunStore(folder);
      const run = await store.train(configuration, data);
      const scores = await predictions(run, data.test);
      assertGreater(topK(scores, 1).value, 0.9);
      assert.deepEqual(run.history.length, 12);
      const loaded = await store.load(configuration, data);
      assert.deepEqual(loaded, run);
      assert.deepEqual((await predictions(loaded!, data.test)).logits, scores.logits);
      assert.deepEqual((await scoreRun(run, data)).test.top1, topK(scores, 1));
      await Deno.remove(folder, { recursive: true });
    },
  );
}

Deno.test("labels that the network has no class for are refused before training", async () => {
  const configuration = runConfiguration({ system: "numpy", architecture: lenet5(3) });
  await assertRejects(
    () => trainRun(configuration, runData(5)),
    RangeError,
    "train image 3 has label 3, the network has 3 classes",
  );
});

Deno.test("the best recipe learns, and predicts by the mean of an image's views", async () => {
  const data = runData();
  const configuration = runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), ...recipes.best },
    ...{ epochs: 20, batchSize: 16, augmentation: { shift: 1 }, views: { shift: 1 } },
  });
  const run = await trainRun(configuration, data);
  const scores = await predictions(run, data.test);
  assertGreater(topK(scores, 1).value, 0.9);
  // logits are log-probabilities: their exponentials sum to at most 1, and rank as they stand
  const logs = logProbabilities(scores);
  assert.deepEqual(labelRanks(logs, scores.labels, 5), labelRanks(scores.logits, scores.labels, 5));
  const { views: _, ...plain } = configuration;
  const alone = await predictions({ ...run, configuration: plain }, data.test);
  assert.notDeepEqual(alone.logits, scores.logits);
});
