import type { DataLoader } from "../../pixels/loader.ts";
import { Table, type TableOptions } from "../table.ts";

/** What a loader hands out in some epochs: number and size of batches, levels, first labels. */
export async function batchTable(loader: DataLoader, epochs: number): Promise<Table> {
  const rows: Record<string, string | number>[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const sizes: number[] = [];
    let first: number[] = [];
    let sum = 0, squares = 0, count = 0;
    for await (const { size, images, labels } of loader) {
      if (sizes.length === 0) first = [...labels.subarray(0, 8)];
      sizes.push(size);
      for (const x of images) {
        sum += x;
        squares += x * x;
      }
      count += images.length;
    }
    const mean = sum / count;
    rows.push({
      epoch,
      batches: sizes.length,
      full: sizes[0]!,
      last: sizes.at(-1)!,
      mean: Math.abs(mean) < 5e-4 ? 0 : mean,
      std: Math.sqrt(squares / count - mean * mean),
      labels: first.join(", "),
    });
  }
  return new Table(
    {
      title: "Two epochs of the training loader",
      columns: [
        { key: "epoch", label: "epoch" },
        { key: "batches", label: "batches" },
        { key: "full", label: "images a batch" },
        { key: "last", label: "in the last" },
        { key: "mean", label: "mean", digits: 3 },
        { key: "std", label: "std", digits: 3 },
        { key: "labels", label: "first labels" },
      ],
      rows,
    } satisfies TableOptions,
  );
}
