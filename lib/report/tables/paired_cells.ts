import type { TestedComparison } from "../../runs/comparison.ts";

/** Cells of a paired comparison, in the columns `paired` and `p`. */
export interface PairedCells {
  /** "12, 7": images that only the first network has right, and only the second. */
  readonly paired: string;
  /** McNemar's p-value, corrected for all tests of the table. */
  readonly p: number;
}

/** The cells of a network that is compared with its control. */
export function pairedCells({ onlyFirst, onlySecond, corrected }: TestedComparison): PairedCells {
  return { paired: `${onlyFirst}, ${onlySecond}`, p: corrected };
}
