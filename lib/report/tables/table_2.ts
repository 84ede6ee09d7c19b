import type { Dataset } from "../../data/dataset.ts";
import type { ScoredRun } from "../../runs/score_run.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { table2Row } from "./table_2_row.ts";

/** Table II: accuracies of the three systems, the paper's beside ours. */
export function table2(dataset: Dataset, scored: readonly ScoredRun[]): Table {
  const rows = scored.flatMap((scores) => {
    const { system } = scores.run.configuration;
    return (["val", "test"] as const).flatMap((split) =>
      (["top1", "top5"] as const).map((metric) => ({
        ...table2Row(system, split, metric),
        here: scores[split][metric],
        predicted: scores[split].confusion.predicted,
      }))
    );
  });
  const ours = dataset.synthetic ? ", which is synthetic" : "";
  return new Table({
    title: `Table II. Accuracy, the paper's and ours on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "split", label: "images" },
      { key: "metric", label: "" },
      { key: "paper", label: "paper (95 %)", digits: 4 },
      { key: "here", label: "here (95 %)" },
      { key: "predicted", label: "classes predicted here" },
    ],
    rows,
    notes: [
      "The paper's values are of its own 50 classes of photographs; ours of the data named above" +
      `${ours}. Intervals of the paper's are exact ones for ` +
      `${paper.images.test} images, of ours after Wilson.`,
      "0.02 and 0.1 are what one class for every image gives, 9/450 and 45/450, exactly and without an interval.",
      "Torch's validation top-5 of 0.01 is a misprint in the paper: it is no count of 450 images, and the " +
      `paper's notebook shows ${paper.notebook.torch.val.top5}. The abstract's top-5 of ` +
      `${paper.abstract.top5} stands in no table of the paper.`,
    ],
  });
}
