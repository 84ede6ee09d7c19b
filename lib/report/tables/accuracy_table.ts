import type { Run, StoppedRun } from "../../runs/run.ts";
import type { ScoredRun } from "../../runs/score_run.ts";
import type { Dataset } from "../../data/dataset.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Whether runs learned: loss, test accuracy and classes predicted, beside a constant prediction. */
export function accuracyTable(
  dataset: Dataset,
  scored: readonly ScoredRun<Run | StoppedRun>[],
): Table {
  const classes = dataset.classes.length;
  const images = dataset.splits.test.length;
  // as a share of whole images, rounded like the other shares
  const chance = (k: number) => Number((Math.round(images * k / classes) / images).toFixed(3));
  return new Table({
    title: `Test images of ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "first", label: "loss, first epoch", digits: 3 },
      { key: "last", label: "last epoch", digits: 3 },
      { key: "top1", label: "top-1 (95 %)" },
      { key: "top5", label: "top-5 (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: [
      ...scored.map(({ run: { configuration, history }, test }) => ({
        system: systemTitles[configuration.system],
        first: history[0]?.loss,
        last: history.at(-1)?.loss,
        top1: test.top1,
        top5: test.top5,
        predicted: test.confusion.predicted,
      })),
      { system: "one class for all images", top1: chance(1), top5: chance(5), predicted: 1 },
    ],
    notes: [`${images} images; intervals after Wilson.`],
  });
}
