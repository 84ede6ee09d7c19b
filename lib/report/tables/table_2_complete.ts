import type { Dataset } from "../../data/dataset.ts";
import type { Summary } from "../../diagnosis/summary.ts";
import type { SystemName } from "../../systems/system.ts";
import { requireOwnSystem } from "../own_system.ts";
import { type Cell, Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { constantNote, scoreCell } from "./score_cell.ts";
import { table2Row } from "./table_2_row.ts";

/** The four ways to train, and what the table calls them. */
export const ways = {
  code: "paper's code",
  text: "paper's text",
  corrected: "corrected",
  best: "best recipe",
} as const;

/** The four ways to train that the table has. */
export type Way = keyof typeof ways;

/**
 * Table II with more columns: the paper's numbers, and four ways of running its systems.
 * @param notes further sentences below the table: where the scores come from, say
 */
export function completeTable2(
  dataset: Dataset,
  columns: Readonly<Record<Way, Partial<Record<SystemName, Summary>>>>,
  notes: readonly string[] = [],
): Table {
  const names = Object.keys(ways) as Way[];
  const rows = (["numpy", "torch", "keras"] as const).flatMap((system) =>
    (["val", "test"] as const).flatMap((split) =>
      (["top1", "top5"] as const).map((metric) => {
        const row = table2Row(system, split, metric);
        const cells = names.flatMap((name): [string, Cell][] => {
          const summary = columns[name][system];
          if (summary) requireOwnSystem(system, summary);
          return summary ? [[name, scoreCell(summary[split][metric], summary.networks)]] : [];
        });
        return {
          system: row.system,
          images: row.split,
          metric: row.metric,
          paper: row.paper,
          ...Object.fromEntries(cells),
        };
      })
    )
  );
  const seeds = names.map((name) => `${ways[name]} ${Object.values(columns[name])[0]?.seeds ?? 0}`)
    .join(", ");
  return new Table({
    title: `Table II, complete, on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "images", label: "images" },
      { key: "metric", label: "" },
      { key: "paper", label: "paper (95 %)" },
      ...names.map((name) => ({ key: name, label: `${ways[name]}, here (95 %)` })),
    ],
    rows,
    notes: [
      `Means over seeds (${seeds}). The intervals hold the uncertainty from the images ` +
      "and that from the seeds.",
      constantNote,
      "The paper's intervals are exact ones for 450 images; 0.01 is a misprint for 0.1.",
      "Paper's code: what the code did. Paper's text: Table I's learning rate 0.01, on raw pixels. " +
      "Corrected: loss, order and pixels put right, learning rate 1e-3, which is not that of Table I. " +
      "Best recipe: recipes.best in lib/runs/recipes.ts, the best of those that were tried first, on Tiny ImageNet; on " +
      "the same network, trained on one system only. Every cell is " +
      "computed by the system that its row names.",
      ...notes,
    ],
  });
}
