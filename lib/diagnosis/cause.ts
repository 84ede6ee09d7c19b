import type { MeasuredAblation, MeasuredStep } from "./measure_ablation.ts";

/** A numbered line of Markdown for each step: its change, and `causeOf` it. */
export function causes({ steps }: MeasuredAblation): string {
  return steps
    .map((step, i) => `${i}. **${step.step.change}.** ${causeOf(step, steps[i - 1])}`)
    .join("\n");
}

/**
 * What a step's measurements say, after the sentence on what its change does: whether the network
 * rises above chance with it and, if it does not, what stands in the way.
 * @param before the step before, undefined for the first
 */
export function causeOf(measured: MeasuredStep, before: MeasuredStep | undefined): string {
  const { step, summary: { test, predicted, aboveChance } } = measured;
  const found = `top-1 ${test.top1.value.toFixed(3)}, top-5 ${test.top5.value.toFixed(3)}, ` +
    `${predicted} ${predicted === 1 ? "class" : "classes"} predicted`;
  const was = before?.summary.aboveChance;
  const verdict = aboveChance === was || before === undefined
    ? aboveChance ? "It is above chance" : before ? "It is still at chance" : "It is at chance"
    : aboveChance
    ? "With this change the network rises above chance"
    : "With this change it falls back to chance";
  const reason = aboveChance ? "" : `; ${obstacle(measured)}`;
  return `${capital(step.mechanism)}. ${verdict}: ${found}${reason}.`;
}

/** A gradient at the first layer below this norm hardly moves it in one epoch. */
const VANISHED = 0.05;

/** The first that applies of: a loss below zero, saturated units, a vanished gradient, few steps. */
function obstacle({ summary: { loss }, layers }: MeasuredStep): string {
  if (loss < 0) return `the loss has fallen to ${loss.toFixed(1)}, below zero`;
  const saturated = layers.flatMap(({ layer, saturated = 0 }) =>
    saturated > 0.5 ? [`${layer} ${(100 * saturated).toFixed(0)} %`] : []
  );
  const { layer: first, gradientNorm } = layers[0]!;
  const gradient = gradientNorm === 0
    ? `the gradient at ${first} is 0`
    : `the gradient at ${first} has norm ${gradientNorm.toExponential(0)}`;
  if (saturated.length > 0 && gradientNorm < VANISHED) {
    return `units are saturated: ${saturated.join(", ")}; ${gradient}`;
  }
  return `${gradient}, so it could learn: the steps are too few, too small, or undo each other`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
