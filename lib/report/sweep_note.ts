import type { PaperSweep } from "../diagnosis/paper_sweep.ts";

/** A line on how the committed sweep came about, or how to make one. */
export function sweepNote(sweep: PaperSweep | undefined): string {
  if (!sweep) {
    return "There is no committed sweep of these images. `deno task sweep --list paper` makes one.";
  }
  const { seeds, days: [first, last], runsOn, matrix } = sweep;
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`;
  const each = `${seeds} ${seeds === 1 ? "seed" : "seeds"} each`;
  return `Sweep of ${matrix.family} configurations with ${each}, computed ${when} by ` +
    `${runsOn.join(", ")}.`;
}
