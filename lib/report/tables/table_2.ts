import type { Dataset } from "../../data/dataset.ts";
import type { ScoredRun } from "../../runs/score_run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Table II: accuracies of the three systems, the paper's beside ours. */
export function table2(dataset: Dataset, scored: readonly ScoredRun[]): Table {
  const bySystem = scored.map((scores) => [scores.run.configuration.system, scores] as const);
  const rows = (["val", "test"] as const).flatMap((split) =>
    (["top1", "top5"] as const).map((metric) => ({
      split: split === "val" ? "validation" : "test",
      metric: metric === "top1" ? "top-1" : "top-5",
      ...Object.fromEntries(bySystem.flatMap(([system, scores]) => [
        [`${system}Paper`, paper.table2[system][split][metric]],
        [system, scores[split][metric]],
      ])),
    }))
  );
  const predicted = {
    split: "test",
    metric: "classes predicted",
    ...Object.fromEntries(bySystem.map(([system, { test }]) => [system, test.confusion.predicted])),
  };
  return new Table({
    title: `Table II. Accuracy, the paper's and ours on ${dataLabel(dataset)}`,
    columns: [
      { key: "split", label: "images" },
      { key: "metric", label: "" },
      ...bySystem.flatMap(([system]) => [
        { key: `${system}Paper`, label: `${systemTitles[system]}, paper` },
        { key: system, label: `${systemTitles[system]}, here (95 %)` },
      ]),
    ],
    rows: [...rows, predicted],
    notes: [
      "The paper's values are of its own 50 classes of photographs; ours of the data named above" +
      `${dataset.synthetic ? ", which is synthetic" : ""}. Intervals after Wilson.`,
      "Torch's validation top-5 of 0.01 is a misprint in the paper; its notebook shows 0.1.",
      "0.02 and 0.1 are what one class for every image gives: 1/50 and 5/50.",
    ],
  });
}
