import type { Dataset } from "../../data/dataset.ts";
import type { MeasuredAblation } from "../../diagnosis/measure_ablation.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { constantNote, scoreCell } from "./score_cell.ts";
import { seedNote } from "./seed_note.ts";
import { verdictCell, verdictNote } from "./verdict_cell.ts";

/**
 * One ablation, step by step.
 * @param notes further sentences below the table: where the scores come from, say
 */
export function ablationTable(
  dataset: Dataset,
  { name, steps, first, family }: MeasuredAblation,
  notes: readonly string[] = [],
): Table {
  return new Table({
    title: `${name}, one change at a time, on ${dataLabel(dataset)}`,
    columns: [
      { key: "step", label: "change" },
      { key: "loss", label: "training loss", digits: 2 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "alive", label: "above constant (p)" },
      { key: "predicted", label: "classes" },
    ],
    rows: steps.map(({ step, summary, verdict }, i) => ({
      step: `${i}. ${step.change}`,
      loss: summary.loss,
      top1: scoreCell(summary.test.top1, summary.networks),
      top5: scoreCell(summary.test.top5, summary.networks),
      alive: verdictCell(verdict),
      predicted: summary.predicted,
    })),
    notes: [
      seedNote(first),
      constantNote,
      verdictNote(family),
      "Every step is computed by the system that the title names.",
      ...notes,
    ],
  });
}
