import type { GuardedRun } from "../../diagnosis/guarded_runs.ts";
import { computedBy } from "../computed_by.ts";
import { Table } from "../table.ts";

/** What the guard says of some trainings. */
export function warningsTable(guarded: readonly GuardedRun[]): Table {
  return new Table({
    title: "What the guard says within the first epoch",
    columns: [
      { key: "run", label: "run" },
      { key: "computedBy", label: "computed by" },
      { key: "check", label: "warning" },
      { key: "measured", label: "measured" },
      { key: "cause", label: "likely cause" },
    ],
    rows: guarded.flatMap(({ name, configuration, fit: { warnings } }) => {
      const who = { run: name, computedBy: computedBy(configuration) };
      return warnings.length === 0
        ? [{ ...who, check: "none", measured: "", cause: "" }]
        : warnings.map((warning) => ({ ...who, ...warning }));
    }),
  });
}
