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

/** "0.062 more (0.011–0.113)", or that the difference may be chance. */
function compare(name: string, first: Summary, second: Summary): string {
  const { value, interval: [low, high] } = difference(first.test.top1, second.test.top1);
  const scores = `${name} scores top-1 ${first.test.top1.value.toFixed(3)} against ` +
    `${second.test.top1.value.toFixed(3)}`;
  const range = `95 %: ${low.toFixed(3)} to ${high.toFixed(3)}`;
  if (low <= 0 && high >= 0) {
    return `${scores}; the difference of ${value.toFixed(3)} may be chance (${range}).`;
  }
  return `${scores}, which is ${Math.abs(value).toFixed(3)} ${
    value > 0 ? "better" : "worse"
  } (${range}).`;
}

/** Which of Table I's learning rate and 1e-3 scores better where the pixels are standardised. */
export function rateText(tableRate: MeasuredStep, usualRate: MeasuredStep): string {
  return `On standardised pixels ${
    compare("Table I's 0.01", tableRate.summary, usualRate.summary).replace(
      "against",
      "against 1e-3's",
    )
  }`;
}

/** What larger or coloured images gain over the first of the variants, a line of Markdown for each. */
export function variantsText([first, ...others]: readonly InputVariant[]): string {
  return others
    .map(({ name, summary }) =>
      `- ${compare(name, summary, first!.summary).replace("against", `against ${first!.name}'s`)}` +
      (summary.seeds < 2 ? " It has one seed." : "")
    )
    .join("\n");
}

/** What Table I's rate gains in a sweep, paired by seed and image, a line of Markdown for each system. */
export function sweptRatesText(rates: readonly RateDifference[]): string {
  return rates.map(({ system, difference: { value, interval: [low, high] } }) => {
    const range = `95 %: ${low.toFixed(3)} to ${high.toFixed(3)}`;
    const name = systemTitles[system];
    return low <= 0 && high >= 0
      ? `- ${name}: 0.01 and 1e-3 differ by ${
        value.toFixed(3)
      } in top-1, which may be chance (${range}).`
      : `- ${name}: 0.01 is ${value > 0 ? "better" : "worse"} than 1e-3 by ` +
        `${Math.abs(value).toFixed(3)} in top-1 (${range}).`;
  }).join("\n");
}
