import type { FilterComparison } from "../../diagnosis/resize_filters.ts";
import { Table } from "../table.ts";

/** How much the two ways to shrink an image differ. */
export function filterTable({ images, roughness, difference }: FilterComparison): Table {
  return new Table({
    title: `Two ways to shrink, ${images} test images`,
    columns: [
      { key: "filter", label: "filter" },
      { key: "step", label: "mean step between neighbours (grey levels)", digits: 2 },
    ],
    rows: (["opencv", "antialiased"] as const)
      .map((filter) => ({ filter, step: roughness[filter] })),
    notes: [
      `Mean difference of the two: ${difference.toFixed(2)} grey levels. What is not averaged ` +
      "away, noise above all, stays in the image as steps between neighbours.",
    ],
  });
}
