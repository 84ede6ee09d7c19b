import type { Dataset } from "../../data/dataset.ts";
import type { InputVariant } from "../../diagnosis/input_variants.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** The corrected training on images of other sizes and colours. */
export function inputVariantsTable(dataset: Dataset, variants: readonly InputVariant[]): Table {
  const by = new Set(variants.map(({ summary }) => systemTitles[summary.configuration.system]));
  return new Table({
    title: `Size and colour, corrected training, on ${dataLabel(dataset)}`,
    columns: [
      { key: "variant", label: "images" },
      { key: "seeds", label: "seeds" },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: variants.map(({ name, summary: { seeds, test, predicted } }) => ({
      variant: name,
      seeds,
      top1: test.top1,
      top5: test.top5,
      predicted,
    })),
    notes: [
      "Means over the seeds. Their 95 % intervals hold the uncertainty from the images and that from " +
      "the seeds. All images but 32×32 grey are decoded fast: most pixels are a few levels from OpenCV's.",
      `Computed by ${[...by].join(", ")}.`,
    ],
  });
}
