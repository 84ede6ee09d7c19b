import type { LoaderEpoch } from "../../diagnosis/loader_statistics.ts";
import { Table } from "../table.ts";

/** What a loader hands out, epoch by epoch. */
export function batchTable(epochs: readonly LoaderEpoch[]): Table {
  return new Table({
    title: `The training loader in ${epochs.length} epochs`,
    columns: [
      { key: "epoch", label: "epoch" },
      { key: "batches", label: "batches" },
      { key: "full", label: "images a batch" },
      { key: "last", label: "in the last" },
      { key: "mean", label: "mean", digits: 3 },
      { key: "std", label: "std", digits: 3 },
      { key: "labels", label: "first labels" },
    ],
    rows: epochs.map(({ epoch, batches, firstSize, lastSize, mean, std, labels }) => ({
      epoch,
      batches,
      full: firstSize,
      last: lastSize,
      mean: Math.abs(mean) < 5e-4 ? 0 : mean,
      std,
      labels: labels.join(", "),
    })),
  });
}
