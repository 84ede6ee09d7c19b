import type { Experiment } from "../../runs/experiment.ts";
import type { Run } from "../../runs/run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";
import { scoreRun } from "./accuracy_table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Table II: accuracies of the three systems, the report's beside ours. */
export async function table2(experiment: Experiment, runs: readonly Run[]): Promise<Table> {
  const scores = await Promise.all(runs.map((run) => scoreRun(experiment, run)));
  const rows = (["val", "test"] as const).flatMap((split) =>
    (["top1", "top5"] as const).map((metric) => ({
      split: split === "val" ? "validation" : "test",
      metric: metric === "top1" ? "top-1" : "top-5",
      ...Object.fromEntries(runs.flatMap(({ system }, i) => [
        [`${system}Report`, paper.table2[system][split][metric]],
        [system, scores[i]![split][metric]],
      ])),
    }))
  );
  const predicted = {
    split: "test",
    metric: "classes predicted",
    ...Object.fromEntries(runs.map(({ system }, i) => [system, scores[i]!.test.predicted])),
  };
  return new Table({
    title: `Table II. Accuracy, the report's and ours on ${dataLabel(experiment.dataset)}`,
    columns: [
      { key: "split", label: "images" },
      { key: "metric", label: "" },
      ...runs.flatMap(({ system }) => [
        { key: `${system}Report`, label: `${systemTitles[system]}, report` },
        { key: system, label: `${systemTitles[system]}, here (95 %)` },
      ]),
    ],
    rows: [...rows, predicted],
    notes: [
      "The report's values are of its own 50 classes of photographs; ours of the data named above" +
      `${experiment.dataset.synthetic ? ", which is synthetic" : ""}. Intervals after Wilson.`,
      "Torch's validation top-5 of 0.01 is a misprint in the report; its notebook shows 0.1.",
      "0.02 and 0.1 are what one class for every image gives: 1/50 and 5/50.",
    ],
  });
}
