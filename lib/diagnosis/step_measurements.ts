import type { LayerStatistics } from "./layer_statistics.ts";
import type { MeasuredAblation, MeasuredStep } from "./measure_ablation.ts";

/** A numbered line of Markdown for each step: its change, and `measurementsOf` it. */
export function measurements({ steps }: MeasuredAblation): string {
  return steps
    .map((step, i) => `${i}. **${step.step.change}.** ${measurementsOf(step, steps[i - 1])}`)
    .join("\n");
}

/**
 * What was measured of a step, in words: whether the network rises above chance with it, its
 * saturation and its gradient at the first layer, beside those of the step before, and the loss where
 * it is below zero. Nothing is said of causes.
 * @param before the step before, undefined for the first
 */
export function measurementsOf(measured: MeasuredStep, before: MeasuredStep | undefined): string {
  const { summary: { test, predicted, loss }, verdict: { alive }, layers } = measured;
  const found = `top-1 ${test.top1.value.toFixed(3)}, top-5 ${test.top5.value.toFixed(3)}, ` +
    `${predicted} ${predicted === 1 ? "class" : "classes"} predicted`;
  const was = before?.verdict.alive;
  const judged = was === undefined
    ? alive ? "Above chance" : "At chance"
    : alive === was
    ? alive ? "Above chance, as before" : "At chance, as before"
    : alive
    ? "The network rises above chance"
    : "The network falls back to chance";
  const facts = [
    ...loss < 0 ? [`The training loss is ${loss.toFixed(1)}, below zero.`] : [],
    saturation(layers, before?.layers),
    gradient(layers, before?.layers),
  ];
  return `${judged}: ${found}. ${facts.join(" ")}`;
}

/** The layer with the largest share of saturated units, and what that layer's share was before. */
function saturation(
  layers: readonly LayerStatistics[],
  before: readonly LayerStatistics[] | undefined,
): string {
  const shares = layers.map(({ saturated = 0 }) => saturated);
  const at = shares.indexOf(Math.max(...shares));
  const percent = (share = 0) => `${(100 * share).toFixed(0)} %`;
  return `Most saturated is ${layers[at]!.layer} with ${percent(shares[at])} of its units` +
    `${before ? ` (before: ${percent(before[at]!.saturated)})` : ""}.`;
}

function gradient(
  [first]: readonly LayerStatistics[],
  before: readonly LayerStatistics[] | undefined,
): string {
  const norm = ({ gradientNorm }: LayerStatistics) =>
    gradientNorm === 0 ? "0" : gradientNorm.toExponential(0);
  return `The gradient at ${first!.layer} has norm ${norm(first!)}` +
    `${before ? ` (before: ${norm(before[0]!)})` : ""}.`;
}
