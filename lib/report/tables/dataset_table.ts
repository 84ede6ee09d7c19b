import type { Dataset, SplitName } from "../../data/dataset.ts";
import { Table } from "../table.ts";

/** How a data set's lines are headed wherever its results stand. */
export function dataLabel({ name, synthetic, classes }: Dataset): string {
  return `${name}${synthetic ? " (synthetic images)" : ""}, ${classes.length} classes`;
}

/** The three splits of a data set beside the report's. */
export function datasetTable(dataset: Dataset): Table {
  const report: Record<SplitName, number> = { train: 63_325, val: 450, test: 450 };
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
      { key: "report", label: "report's images" },
    ],
    rows: (["train", "val", "test"] as const).map((split) => ({
      split,
      images: dataset.splits[split].length,
      perClass: perClass(dataset.splits[split].labels),
      report: report[split],
    })),
    notes: [
      `Layout: ${dataset.layout}.` +
      (dataset.synthetic ? " The images are synthetic, drawn by lib/data/synthetic." : ""),
    ],
  });
}
