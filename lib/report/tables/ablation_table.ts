import type { Dataset } from "../../data/dataset.ts";
import { MEASURED_IMAGES, type MeasuredAblation } from "../../diagnosis/measure_ablation.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { constantNote, scoreCell } from "./score_cell.ts";
import { seedNote } from "./seed_note.ts";
import { verdictCell, verdictNote } from "./verdict_cell.ts";

/** One ablation, step by step. */
export function ablationTable(
  dataset: Dataset,
  { name, steps, first, family }: MeasuredAblation,
): Table {
  const layers = steps[0]!.layers.map(({ layer }) => layer);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return new Table({
    title: `${name}, one change at a time, on ${dataLabel(dataset)}`,
    columns: [
      { key: "step", label: "change" },
      { key: "loss", label: "training loss", digits: 2 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "alive", label: "above constant (p)" },
      { key: "predicted", label: "classes" },
      { key: "saturated", label: `saturated: ${layers.slice(0, -1).join(", ")}`, align: "right" },
      { key: "gradients", label: `gradient norm: ${layers.join(", ")}`, align: "right" },
    ],
    rows: steps.map(({ step, summary, verdict, layers }, i) => ({
      step: `${i}. ${step.change}`,
      loss: summary.loss,
      top1: scoreCell(summary.test.top1, summary.networks),
      top5: scoreCell(summary.test.top5, summary.networks),
      alive: verdictCell(verdict),
      predicted: summary.predicted,
      saturated: layers.slice(0, -1).map(({ saturated = 0 }) => percent(saturated)).join(", "),
      gradients: layers.map(({ gradientNorm }) => gradientNorm.toExponential(0)).join(", "),
    })),
    notes: [
      seedNote(first),
      constantNote,
      verdictNote(family),
      "Every step is computed by the system that the title names. Saturated: slope below 2 % of the " +
      "steepest. Gradients: of the mean cross-entropy. Both are measured after the training, on " +
      `${MEASURED_IMAGES} test images drawn at random.`,
    ],
  });
}
