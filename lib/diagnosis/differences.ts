import type { SeedMean } from "../metrics/seeds.ts";
import type { MeasuredStep } from "./measure_ablation.ts";
import type { InputVariant } from "./input_variants.ts";
import type { RateDifference } from "./paper_sweep.ts";
import type { Summary } from "./summary.ts";
import { systemTitles } from "../systems/create_system.ts";

/** How much higher one mean is than another, with its 95 % interval. */
export interface Difference {
  /** First mean less second mean. */
  readonly value: number;
  /** Lower and upper end. */
  readonly interval: readonly [number, number];
}

/**
 * The difference of two means over seeds. Its interval is made from theirs as if they were independent.
 * Where both were measured on the same images it is too wide, never too narrow.
 */
export function difference(first: SeedMean, second: SeedMean): Difference {
  const value = first.value - second.value;
  const half = ({ interval: [low, high] }: SeedMean) => (high - low) / 2;
  const reach = Math.hypot(half(first), half(second));
  return { value, interval: [value - reach, value + reach] };
}

/** "colour scores top-1 0.176 against grey's 0.114, which is 0.062 better (95 %: 0.011 to 0.113)." */
function compare(name: string, first: Summary, otherName: string, second: Summary): string {
  const { value, interval: [low, high] } = difference(first.test.top1, second.test.top1);
  const [one, other] = [first, second].map(({ test }) => test.top1.value.toFixed(3));
  const scores = `${name} scores top-1 ${one} against ${otherName}'s ${other}`;
  const range = `95 %: ${low.toFixed(3)} to ${high.toFixed(3)}`;
  if (low <= 0 && high >= 0) {
    return `${scores}; the difference of ${value.toFixed(3)} may be chance (${range}).`;
  }
  const better = value > 0 ? "better" : "worse";
  return `${scores}, which is ${Math.abs(value).toFixed(3)} ${better} (${range}).`;
}

/** Which of Table I's learning rate and 1e-3 scores better where the pixels are standardised. */
export function rateText(tableRate: MeasuredStep, usualRate: MeasuredStep): string {
  const compared = compare("Table I's 0.01", tableRate.summary, "1e-3", usualRate.summary);
  return `On standardised pixels ${compared}`;
}

/** What larger or coloured images gain over the first of the variants, a line of Markdown for each. */
export function variantsText([first, ...others]: readonly InputVariant[]): string {
  return others
    .map(({ name, summary }) =>
      `- ${compare(name, summary, first!.name, first!.summary)}` +
      (summary.seeds < 2 ? " It has one seed." : "")
    )
    .join("\n");
}

/** What Table I's rate gains in a sweep, paired by seed and image, a line of Markdown for each system. */
export function sweptRatesText(rates: readonly RateDifference[]): string {
  return rates.map(({ system, difference: { value, interval: [low, high] } }) => {
    const range = `95 %: ${low.toFixed(3)} to ${high.toFixed(3)}`;
    const name = systemTitles[system];
    if (low <= 0 && high >= 0) {
      const apart = value.toFixed(3);
      return `- ${name}: 0.01 and 1e-3 differ by ${apart} in top-1, which may be chance (${range}).`;
    }
    return `- ${name}: 0.01 is ${value > 0 ? "better" : "worse"} than 1e-3 by ` +
      `${Math.abs(value).toFixed(3)} in top-1 (${range}).`;
  }).join("\n");
}
