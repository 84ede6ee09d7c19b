import type { BackendState } from "../../backend/available_backends.ts";
import type { BackendName } from "../../backend/backend_names.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { BackendScores } from "../../diagnosis/backend_scores.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { table2Row } from "./table_2_row.ts";

/** Headings of the backends' columns. */
const headings: Readonly<Record<BackendName, string>> = {
  kernels: "kernels (95 %)",
  native: "native TensorFlow (95 %)",
};

/** Table II for torch and keras on each backend, side by side. */
export function table2Backends(
  dataset: Dataset,
  scored: readonly BackendScores[],
  backends: readonly BackendState[],
): Table {
  const there = backends.filter(({ runsOn }) => runsOn !== undefined);
  const rows = scored.flatMap(({ system, split, scores, agreement }) =>
    (["top1", "top5"] as const).map((metric) => ({
      ...table2Row(system, split, metric),
      ...Object.fromEntries([...scores].map(([backend, score]) => [backend, score[metric]])),
      ...metric === "top1" && there.length > 1 ? { agreement: 100 * agreement } : {},
    }))
  );
  return new Table({
    title: `Table II on each backend, on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "split", label: "images" },
      { key: "metric", label: "" },
      { key: "paper", label: "paper (95 %)", digits: 4 },
      ...there.map(({ name }) => ({ key: name, label: headings[name] })),
      ...there.length > 1 ? [{ key: "agreement", label: "same class on both, %", digits: 1 }] : [],
    ],
    rows,
    notes: [
      "Each system trained from the same weights and with the same batches on each backend. They round " +
      "differently, and the differences grow with every step. Intervals are Wilson's.",
      ...backends.flatMap(({ name, missing }) =>
        missing === undefined ? [] : [`Not there: ${name}. ${missing}`]
      ),
    ],
  });
}
