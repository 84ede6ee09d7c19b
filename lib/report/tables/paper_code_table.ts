import type { Dataset } from "../../data/dataset.ts";
import type { Summary } from "../../diagnosis/summary.ts";
import { systemTitles } from "../../systems/create_system.ts";
import type { SystemName } from "../../systems/system.ts";
import { requireOwnSystem } from "../own_system.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { constantNote, scoreCell } from "./score_cell.ts";
import { seedNote } from "./seed_note.ts";

/**
 * The three systems run as the paper's code did, beside what the paper says.
 * @param notes further sentences below the table: where the scores come from, say
 */
export function paperCodeTable(
  dataset: Dataset,
  summaries: Readonly<Record<SystemName, Summary>>,
  notes: readonly string[] = [],
): Table {
  const systems = Object.entries(summaries) as [SystemName, Summary][];
  for (const [system, summary] of systems) requireOwnSystem(system, summary);
  return new Table({
    title: `The paper's code, run on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "loss", label: "training loss at the end", digits: 1 },
      { key: "paper1", label: "test top-1, paper", digits: 4 },
      { key: "top1", label: "test top-1, here (95 %)" },
      { key: "paper5", label: "test top-5, paper", digits: 4 },
      { key: "top5", label: "test top-5, here (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: systems.map(([system, { loss, test, predicted, networks }]) => ({
      system: systemTitles[system],
      loss,
      paper1: paper.table2[system].test.top1,
      top1: scoreCell(test.top1, networks),
      paper5: paper.table2[system].test.top5,
      top5: scoreCell(test.top5, networks),
      predicted,
    })),
    notes: [
      seedNote(systems[0]![1]),
      constantNote,
      "In the paper's notebook Torch's loss ended at −588.7.",
      ...notes,
    ],
  });
}
