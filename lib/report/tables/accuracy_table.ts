import { confusionMatrix } from "../../metrics/confusion.ts";
import { type Accuracy, wilson } from "../../metrics/wilson.ts";
import { topK } from "../../metrics/topk.ts";
import type { Experiment } from "../../runs/experiment.ts";
import { predictions, type Run } from "../../runs/run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** What a run scores on one split. */
export interface RunScores {
  readonly top1: Accuracy;
  readonly top5: Accuracy;
  /** Different classes among the predictions. */
  readonly predicted: number;
}

/** Scores of a run's weights on validation and test images, computed now. */
export async function scoreRun(
  { architecture, data }: Experiment,
  run: Run,
): Promise<{ readonly val: RunScores; readonly test: RunScores }> {
  const scores = async (split: "val" | "test"): Promise<RunScores> => {
    const result = await predictions(run, architecture, data[split]);
    const top5 = topK(result, Math.min(5, result.classes));
    return { top1: topK(result, 1), top5, predicted: confusionMatrix(result).predicted };
  };
  return { val: await scores("val"), test: await scores("test") };
}

/** Did they learn: loss, test accuracy, classes predicted, beside one class for every image. */
export async function accuracyTable(experiment: Experiment, runs: readonly Run[]): Promise<Table> {
  const classes = experiment.dataset.classes.length;
  const rows = [];
  for (const run of runs) {
    const { test } = await scoreRun(experiment, run);
    rows.push({
      system: systemTitles[run.system],
      first: run.history[0]!.loss,
      last: run.history.at(-1)!.loss,
      top1: test.top1,
      top5: test.top5,
      predicted: test.predicted,
    });
  }
  const images = experiment.data.test.length;
  const chance = (k: number) => wilson(Math.round(images * k / classes), images).value;
  return new Table({
    title: `Test images of ${dataLabel(experiment.dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "first", label: "loss, first epoch", digits: 3 },
      { key: "last", label: "last epoch", digits: 3 },
      { key: "top1", label: "top-1 (95 %)" },
      { key: "top5", label: "top-5 (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: [...rows, {
      system: "one class for all images",
      top1: Number(chance(1).toFixed(3)),
      top5: Number(chance(5).toFixed(3)),
      predicted: 1,
    }],
    notes: [`${images} images; intervals after Wilson.`],
  });
}
