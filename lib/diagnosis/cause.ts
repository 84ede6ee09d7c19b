import { meanHits, medianOf } from "./climb.ts";
import type { Climb, Climbed } from "./climb.ts";
import type { TrialResult } from "./trial.ts";

/** A numbered line of Markdown a rung: its change, and `causeOf` it. */
export function causes({ rungs }: Climb): string {
  return rungs
    .map((rung, i) => `${i}. **${rung.rung.change}.** ${causeOf(rung, rungs[i - 1])}`)
    .join("\n");
}

/**
 * What a rung's measurements say, beside the sentence of what its change does: whether the network
 * comes alive with it, and what stands in the way if it does not.
 * @param before the rung below, none for the first
 */
export function causeOf(climbed: Climbed, before: Climbed | undefined): string {
  const { rung, results } = climbed;
  const top1 = meanHits(results, "test", "top1").value;
  const predicted = medianOf(results, ({ predicted }) => predicted);
  const top5 = meanHits(results, "test", "top5").value;
  const found = `top-1 ${top1.toFixed(3)}, top-5 ${top5.toFixed(3)}, ${predicted} ` +
    `${predicted === 1 ? "class" : "classes"} predicted`;
  const was = before && isAlive(before.results), is = isAlive(results);
  const verdict = is === was || before === undefined
    ? is ? "It learns" : before ? "Still at chance" : "At chance"
    : is
    ? "Here the network comes alive"
    : "Here it falls back to chance";
  return `${capital(rung.mechanism)}. ${verdict}: ${found}${is ? "" : `; ${obstacle(results)}`}.`;
}

/**
 * Whether trainings rose above one class for every image: the 95 % interval of their mean top-1, or of
 * their mean top-5, lies above chance.
 */
export function isAlive(results: readonly TrialResult[]): boolean {
  const { classes } = results[0]!;
  return meanHits(results, "test", "top1").interval[0] > 1 / classes ||
    meanHits(results, "test", "top5").interval[0] > 5 / classes;
}

/** A gradient at the first layer below this norm hardly moves it in one epoch. */
const VANISHED = 0.05;

/** What the layers show: the first of loss, flat units, vanished gradients and few steps that applies. */
function obstacle(results: readonly TrialResult[]): string {
  const loss = medianOf(results, ({ epochs }) => epochs.at(-1)!.loss);
  if (loss < 0) return `the loss has fallen to ${loss.toFixed(1)}, below zero`;
  const flat = results[0]!.layers.flatMap(({ layer }, i) => {
    const share = medianOf(results, ({ layers }) => layers[i]!.saturated ?? 0);
    return share > 0.5 ? [`${layer} ${(100 * share).toFixed(0)} %`] : [];
  });
  const first = results[0]!.layers[0]!.layer;
  const norm = medianOf(results, ({ layers }) => layers[0]!.gradientNorm);
  const gradient = norm === 0
    ? `the gradient at ${first} is 0`
    : `the gradient at ${first} has norm ${norm.toExponential(0)}`;
  if (flat.length > 0 && norm < VANISHED) {
    return `units on their flat ends: ${flat.join(", ")}; ${gradient}`;
  }
  return `${gradient}, so that it could learn: the steps are too few, too small, or undo each other`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
