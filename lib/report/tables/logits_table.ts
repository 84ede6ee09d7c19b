import type { LogitsAgreement } from "../../diagnosis/logits_agreement.ts";
import { Table } from "../table.ts";

/** How far the logits of systems with the same weights lie apart. */
export function logitsTable({ systems, images, differences }: LogitsAgreement): Table {
  return new Table({
    title: `Same weights in: largest difference of the logits on ${images} images`,
    columns: [
      { key: "system", label: "" },
      ...systems.map((name) => ({ key: name, label: name, align: "right" as const })),
    ],
    rows: systems.map((system, row) => ({
      system,
      ...Object.fromEntries(systems.map((other, column) => [
        other,
        row === column ? "" : exponential(differences[row]![column]!),
      ])),
    })),
    notes: [
      "float32 has 24 bits: differences of up to about 1e-6 come from the order of summation; 0 is the same bits.",
    ],
  });
}

/** 6e-7; 0 */
function exponential(difference: number): string {
  return difference === 0 ? "0" : difference.toExponential(0);
}
