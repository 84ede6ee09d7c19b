/** What becomes of the accuracy after the epoch at which the paper sees it fall. */
import assert from "node:assert/strict";
import {
  accuracyCurves,
  type AccuracyPoint,
  afterwardsText,
} from "../../lib/diagnosis/test_curves.ts";
import { wilson } from "../../lib/metrics/wilson.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { runData } from "../runs/pixels.ts";

const points = (system: "numpy" | "torch", hits: readonly number[]): AccuracyPoint[] =>
  hits.map((count, i) => ({
    ...{ system, epoch: i + 1, split: "test" as const, metric: "top-1" as const },
    accuracy: wilson(count, 450),
  }));

Deno.test("a fall is told where the intervals show it, and only there", () => {
  const told = (hits: readonly number[]) => afterwardsText(points("torch", hits), 2);
  const start = "- LeNet5 Torch: 0.444 after epoch 2, ";
  assert.equal(
    told([100, 200, 90]),
    start + "0.200 after epoch 3: it has fallen. It is highest after epoch 2.",
  );
  assert.equal(
    told([100, 200, 205]),
    start + "0.456 after epoch 3: no change is shown. It is highest after epoch 3.",
  );
  assert.match(told([100, 200, 300]), /it has risen\. It is highest after epoch 3\.$/);
  const both = afterwardsText([...points("numpy", [9, 9]), ...points("torch", [9, 9])], 1);
  assert.equal(both.split("\n").length, 2);
});

Deno.test("each point is what a training of as many epochs scores on those images", async () => {
  const data = runData(7);
  const configurations = (["numpy", "torch"] as const).map((system) =>
    runConfiguration({
      ...{ system, architecture: lenet5(7), batchSize: 16, epochs: 9, seed: 3 },
      optimizer: { kind: "adam", learningRate: 0.01 },
    })
  );
  const told: number[] = [];
  const curves = await accuracyCurves(configurations, 3, data, (done, total) => {
    assert.equal(total, 2 * 3 * data.train.length);
    told.push(done);
  });
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
  assert.equal(told.at(-1), 2 * 3 * data.train.length);
  const expected: AccuracyPoint[] = [];
  for (const configuration of configurations) {
    for (const epoch of [1, 2, 3]) {
      const { val, test } = await scoreRun(
        await trainRun({ ...configuration, epochs: epoch }, data),
        data,
      );
      const { system } = configuration;
      for (const [split, scores] of [["validation", val], ["test", test]] as const) {
        expected.push({ system, epoch, split, metric: "top-1", accuracy: scores.top1 });
        expected.push({ system, epoch, split, metric: "top-5", accuracy: scores.top5 });
      }
    }
  }
  assert.deepEqual(curves, expected);
  const shares = new Set(curves.map(({ accuracy }) => accuracy.value));
  assert(shares.size > 4, "curves that differ");
});
