import type { GradientCheck } from "../../diagnosis/gradient_check.ts";
import { Table } from "../table.ts";

/** Gradients of the hand-written backward pass beside central differences. */
export function gradientTable(checks: readonly GradientCheck[]): Table {
  return new Table({
    title: "Hand-written gradients against central differences",
    columns: [
      { key: "element", label: "element" },
      { key: "written", label: "by hand", align: "right" },
      { key: "difference", label: "difference quotient", align: "right" },
      { key: "error", label: "apart by", align: "right" },
    ],
    rows: checks.map(({ element, backward, difference }) => ({
      element,
      written: backward.toExponential(6),
      difference: difference.toExponential(6),
      error: Math.abs(backward - difference).toExponential(0),
    })),
  });
}
