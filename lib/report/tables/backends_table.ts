import type { BackendTraining } from "../../diagnosis/compare_backends.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";

/** One epoch of the same training on each backend. */
export function backendsTable(trainings: readonly BackendTraining[]): Table {
  return new Table({
    title: "One epoch on each backend, from the same weights",
    columns: [
      { key: "system", label: "system" },
      { key: "runsOn", label: "backend" },
      { key: "loss", label: "training loss", digits: 4 },
      { key: "agreement", label: "same class as the first, %", digits: 1 },
      { key: "rate", label: "images/s", digits: 0 },
    ],
    rows: trainings.map(({ system, runsOn, loss, agreement, imagesPerSecond }) => ({
      system: systemTitles[system],
      runsOn,
      loss,
      agreement: 100 * agreement,
      rate: imagesPerSecond,
    })),
    notes: [
      "Each system trains once on each backend. The share of validation images with the same class is " +
      "counted against the system's first row.",
    ],
  });
}
