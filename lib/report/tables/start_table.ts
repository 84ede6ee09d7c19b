import type { StartScores } from "../../diagnosis/start_scores.ts";
import { Table } from "../table.ts";

/** What untrained systems score, beside what knowing nothing gives. */
export function startTable(scores: readonly StartScores[], classes: number): Table {
  return new Table({
    title: "Before training, on the validation images",
    columns: [
      { key: "system", label: "system" },
      { key: "loss", label: "loss", digits: 3 },
      { key: "top1", label: "top-1", digits: 3 },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: scores.map(({ system, loss, top1, predicted }) => ({ system, loss, top1, predicted })),
    notes: [`ln ${classes} = ${Math.log(classes).toFixed(3)}; 1/${classes} = ${1 / classes}.`],
  });
}
