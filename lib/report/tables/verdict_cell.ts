import { ALPHA, type Verdict } from "../../diagnosis/chance.ts";

/** "yes (2e-14)", "no (0.31)": whether a configuration is above constant prediction, and its p-value. */
export function verdictCell({ alive, p }: Verdict): string {
  const value = p >= 0.01 ? p.toFixed(2) : p.toExponential(0);
  return `${alive ? "yes" : "no"} (${value})`;
}

/** What the column of verdicts means. @param family how many configurations were judged together */
export function verdictNote(family: number): string {
  return "Above constant: whether the network scores more than one answer for every image would, by an " +
    "exact test on the counts of top-1 and top-5 of each seed, of which most must agree. The p-values " +
    `are corrected after Holm for ${family} configurations; "yes" is below ${ALPHA}.`;
}
