import type { Dataset } from "../../data/dataset.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";

/** The name of a data set as it stands above its results. */
export function dataLabel({ name, synthetic, classes }: Dataset): string {
  return `${name}${synthetic ? " (synthetic images)" : ""}, ${classes.length} classes`;
}

/** The three splits of a data set beside the paper's. */
export function datasetTable(dataset: Dataset): Table {
  const perClass = (labels: Int32Array) => {
    const counts = new Int32Array(dataset.classes.length);
    for (const label of labels) counts[label]!++;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return least === most ? String(least) : `${least} to ${most}`;
  };
  return new Table({
    title: `Data: ${dataLabel(dataset)}`,
    columns: [
      { key: "split", label: "split" },
      { key: "images", label: "images" },
      { key: "perClass", label: "a class", align: "right" },
      { key: "paper", label: "paper's images" },
    ],
    rows: (["train", "val", "test"] as const).map((split) => ({
      split,
      images: dataset.splits[split].length,
      perClass: perClass(dataset.splits[split].labels),
      paper: paper.images[split],
    })),
    notes: [
      `Layout: ${dataset.layout}.` +
      (dataset.synthetic ? " The images are synthetic, drawn by lib/data/synthetic." : ""),
    ],
  });
}
