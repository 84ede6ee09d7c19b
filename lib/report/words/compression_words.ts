/** What the measurements of pruned and int8 networks say, in sentences that follow the numbers. */
import type { PrunedModel } from "../../runs/prune_runs.ts";
import type { CurvePoint } from "../../runs/pruning_curve.ts";
import type { QuantizedResult } from "../../runs/quantized_results.ts";
import type { PairedRatio } from "../../metrics/paired_ratio.ts";
import type { MeasuredCosts } from "../../runs/saved_by_compression.ts";
import { pairedRatio } from "../../metrics/paired_ratio.ts";
import { isTested, scopeTitles } from "../tables/pruning_table.ts";

/** The level at which a corrected p-value counts as a difference. */
const LEVEL = 0.05;

/** Says which networks differ from their control in how often they are right. */
export function comparisonWords(networks: readonly (QuantizedResult | PrunedModel)[]): string {
  const compared = networks.flatMap(({ name, top1, comparison }) =>
    comparison ? [{ name, images: top1.images, paired: comparison.paired }] : []
  );
  const better: string[] = [], worse: string[] = [], equal: string[] = [];
  compared.forEach(({ name, paired: { onlyFirst, onlySecond, corrected } }) => {
    if (corrected >= LEVEL) equal.push(name);
    else (onlySecond > onlyFirst ? better : worse).push(name);
  });
  const images = compared[0]?.images ?? 0;
  return [
    worse.length > 0 ? `Right less often than the control: ${worse.join("; ")}.` : "",
    better.length > 0 ? `Right more often than the control: ${better.join("; ")}.` : "",
    equal.length > 0
      ? `No difference to the control is measured for: ${equal.join("; ")}. With ${images} test ` +
        "images, small differences cannot be measured."
      : "",
  ].filter(Boolean).join("\n\n");
}

/** Says up to which sparsity no loss is measured, and from which on there is one. */
export function curveWords(points: readonly CurvePoint[]): string {
  return (["layer", "global"] as const).map((scope) => {
    const own = points.filter((point) => point.scope === scope).filter(isTested);
    const first = own.findIndex(({ paired: { corrected, onlyFirst, onlySecond } }) =>
      corrected < LEVEL && onlyFirst > onlySecond
    );
    const percent = (point: CurvePoint) => `${Math.round(100 * point.sparsity)} %`;
    const title = `Smallest of ${scopeTitles[scope]}`;
    if (own.length === 0) return `${title}: nothing was pruned.`;
    if (first === -1) return `${title}: no loss is measured up to ${percent(own.at(-1)!)} zeros.`;
    if (first === 0) return `${title}: a loss is measured from ${percent(own[0]!)} zeros on.`;
    return `${title}: no loss is measured up to ${percent(own[first - 1]!)} zeros; ` +
      `at ${percent(own[first]!)} the network is right less often than the control.`;
  }).join("\n\n");
}

/**
 * Says how one network's latency, throughput, file and memory stand to another's.
 * @throws RangeError naming a network that was not measured
 */
export function savingWords(
  results: readonly QuantizedResult[],
  costs: MeasuredCosts,
  name: string,
  beside = "float32",
): string {
  const find = (wanted: string) => {
    const result = results.find((one) => one.name === wanted);
    const cost = costs.networks.find((one) => one.name === wanted);
    if (!result || !cost) throw new RangeError(`there is no measured network named ${wanted}`);
    return { result, cost };
  };
  const [own, other] = [find(name), find(beside)];
  const latency = pairedRatio(other.cost.single.turns, own.cost.single.turns);
  const rate = pairedRatio(own.cost.batch.turns, other.cost.batch.turns);
  const bytes = own.result.bytes / other.result.bytes;
  const [here, there] = [own.cost.residentBytes, other.cost.residentBytes];
  const memory = (here.median - there.median) / 1e6;
  const apart = here.low > there.high || here.high < there.low;
  const milliseconds = ({ cost }: typeof own) => `${(1000 / cost.single.median).toFixed(3)} ms`;
  return `**${name}**, beside ${beside}: one image takes ${milliseconds(own)} instead of ` +
    `${milliseconds(other)}, ${times(latency)} the time. In batches of ` +
    `${costs.batchSize} it answers ${times(rate)} as many images a second. Its file has ` +
    `${bytes.toFixed(2)} of the bytes, ${kilobytes(other.result.bytes - own.result.bytes)}. ` +
    `Its process holds ${Math.abs(memory).toFixed(1)} MB ${memory < 0 ? "less" : "more"}` +
    (apart ? "." : ", no more than such processes differ by among themselves.");
}

/** "0.67 (0.65–0.69) times" */
function times({ value, interval: [low, high] }: PairedRatio): string {
  return `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}) times`;
}

function kilobytes(saved: number): string {
  const size = `${(Math.abs(saved) / 1000).toFixed(1)} kB`;
  return saved >= 0 ? `${size} less` : `${size} more`;
}
