/** Each score of a run stands in the cell that is named after it. */
import assert from "node:assert/strict";
import { wilson } from "../../lib/metrics/wilson.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { accuracyTable } from "../../lib/report/tables/accuracy_table.ts";
import { table2 } from "../../lib/report/tables/table_2.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import type { ScoredRun } from "../../lib/runs/score_run.ts";

const dataset = {
  ...{ name: "made", root: "/made", synthetic: true, classes: Array(7).fill("a") },
  splits: { train: { length: 9 }, val: { length: 9 }, test: { length: 100 } },
} as unknown as Dataset;

const scores = (top1: number, top5: number, predicted: number) => ({
  ...{ top1: wilson(top1, 100), top5: wilson(top5, 100) },
  confusion: { classes: 7, counts: new Int32Array(49), predicted },
});

const keras: ScoredRun = {
  run: {
    configuration: runConfiguration({ system: "keras", architecture: lenet5(7) }),
    ...{ normalisation: { mean: 0, std: 1 }, seconds: 1, weights: {} },
    history: [3, 2, 1].map((loss, i) => ({
      ...{ epoch: i + 1, loss, accuracy: 0, seconds: 1, imagesPerSecond: 1 },
    })),
  },
  val: scores(11, 22, 5),
  test: scores(33, 44, 6),
};

Deno.test("Table II has the paper's number of the same system, images and metric beside each of ours", () => {
  const { rows } = table2(dataset, [keras]).options;
  assert.deepEqual(
    rows.map(({ system, split, metric, here, predicted }) => [
      ...[system, split, metric, (here as { value: number }).value, predicted],
    ]),
    [
      ["LeNet5 TF", "validation", "top-1", 0.11, 5],
      ["LeNet5 TF", "validation", "top-5", 0.22, 5],
      ["LeNet5 TF", "test", "top-1", 0.33, 6],
      ["LeNet5 TF", "test", "top-5", 0.44, 6],
    ],
  );
  // as they are printed in the paper's Table II
  const printed = rows.slice(2).map(({ paper }) => (paper as { value: number }).value.toFixed(4));
  assert.deepEqual(printed, ["0.1756", "0.3867"]);
});

Deno.test("accuracies stand beside what one class for all images scores, in whole images", () => {
  const { rows } = accuracyTable(dataset, [keras]).options;
  assert.deepEqual(rows[0], {
    ...{ system: "LeNet5 TF", first: 3, last: 1, predicted: 6 },
    ...{ top1: keras.test.top1, top5: keras.test.top5 },
  });
  // 100 images of 7 classes: 14 of each at best, 71 of five
  const { top1, top5, predicted } = rows[1]!;
  assert.deepEqual([top1, top5, predicted], [0.14, 0.71, 1]);
});
