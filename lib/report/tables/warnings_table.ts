import type { GuardedRun } from "../../diagnosis/guarded_runs.ts";
import { Table } from "../table.ts";

/** What the guard says of some trainings. @param data what the data is called, for the title */
export function warningsTable(guarded: readonly GuardedRun[], data: string): Table {
  return new Table({
    title: `What the guard says within the first epoch, on ${data}`,
    columns: [
      { key: "run", label: "run" },
      { key: "check", label: "warning" },
      { key: "measured", label: "measured" },
      { key: "cause", label: "likely cause" },
    ],
    rows: guarded.flatMap(({ name, fit: { warnings } }) => {
      return warnings.length === 0
        ? [{ run: name, check: "none", measured: "", cause: "" }]
        : warnings.map((warning) => ({ run: name, ...warning }));
    }),
  });
}
