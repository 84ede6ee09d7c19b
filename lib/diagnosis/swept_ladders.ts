import type { AblationName } from "./ablations.ts";
import type { SplitCounts } from "./chance.ts";
import type { MeasuredAblation } from "./measure_ablation.ts";
import type { PaperSweep } from "./paper_sweep.ts";

/** The ladders, by name. */
export type Ladders = Readonly<Record<AblationName, MeasuredAblation>>;

/**
 * Ladders with the scores and verdicts of a sweep that has more seeds of the same steps. The layers stay
 * those of the trainings that were made here, because a sweep keeps no weights.
 * @returns the ladders as they are where there is no sweep, or it has no more seeds
 */
export function withSweptScores(
  ladders: Ladders,
  sweep: Pick<PaperSweep, "ladders" | "seeds"> | undefined,
): Ladders {
  if (!sweep || sweep.seeds <= ladders.numpy.first.seeds) return ladders;
  const entries = Object.entries(ladders) as [AblationName, MeasuredAblation][];
  return Object.fromEntries(entries.map(([name, ladder]) => {
    const { steps, ...swept } = sweep.ladders[name];
    const joined = ladder.steps.map((step, i) => {
      const { summary, verdict } = steps[i]!;
      return { ...step, summary, verdict };
    });
    return [name, { ...swept, steps: joined }];
  })) as unknown as Ladders;
}

/** How many trainings have the same counts of answers here as in a sweep, seed by seed. */
export function sameAsSwept(
  ladders: Ladders,
  sweep: Pick<PaperSweep, "ladders">,
): { readonly same: number; readonly of: number } {
  const found = new Map<string, boolean>();
  for (const [name, { steps }] of Object.entries(ladders) as [AblationName, MeasuredAblation][]) {
    steps.forEach(({ summary }, i) => {
      const swept = sweep.ladders[name].steps[i]!.summary.networks;
      summary.networks.slice(0, swept.length).forEach((network, seed) => {
        // ladders share steps, which count once
        const key = JSON.stringify([summary.configuration, seed]);
        found.set(key, isSame(network, swept[seed]!));
      });
    });
  }
  return { same: [...found.values()].filter(Boolean).length, of: found.size };
}

function isSame(a: SplitCounts, b: SplitCounts): boolean {
  return a.images === b.images && a.top1 === b.top1 && a.top5 === b.top5 &&
    a.predicted === b.predicted;
}

/** `sameAsSwept` in words. */
export function sameAsSweptText({ same, of }: ReturnType<typeof sameAsSwept>): string {
  const counts = "the same number of test images right, and as many different classes";
  return same === of
    ? `All ${of} trainings of this notebook have ${counts}, as in the sweep.`
    : `${same} of ${of} trainings of this notebook have ${counts}, as in the sweep. Another processor, ` +
      "the native TensorFlow, or code that has changed since then can make such differences.";
}
