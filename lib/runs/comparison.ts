import { predictedLabels } from "../metrics/confusion.ts";
import { holm } from "../metrics/holm.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct } from "../metrics/topk.ts";
import type { Predictions } from "../systems/evaluate.ts";

/** A paired comparison that may be one of a family of tests. */
export interface TestedComparison extends PairedComparison {
  /** p by Holm's correction for all tests of its table; p itself while it stands alone. */
  readonly corrected: number;
}

/** A network beside its control: the dense float32 network that was trained for as long. */
export interface Comparison {
  /** Name of the control. */
  readonly control: string;
  /** Share of the test images for which both predict the same class. */
  readonly agreement: number;
  /** The control against this network, on top-1. */
  readonly paired: TestedComparison;
}

/** McNemar's exact test of which of two classifiers is right more often on the same images. */
export function testPair(first: readonly boolean[], second: readonly boolean[]): TestedComparison {
  const paired = mcnemar(first, second);
  return { ...paired, corrected: paired.p };
}

/** Sets a network's answers beside its control's, on the same images. */
export function compare(control: string, first: Predictions, second: Predictions): Comparison {
  const [a, b] = [predictedLabels(first), predictedLabels(second)];
  const same = a.reduce((sum, label, n) => sum + Number(label === b[n]), 0);
  return {
    control,
    agreement: same / first.labels.length,
    paired: testPair(correct(first), correct(second)),
  };
}

/** The same tests as one family, by Holm's correction; those that are undefined stay so. */
export function asFamily<T extends TestedComparison | undefined>(tests: readonly T[]): T[] {
  const corrected = holm(tests.flatMap((test) => test ? [test.p] : []));
  let next = 0;
  return tests.map((test) => test && { ...test, corrected: corrected[next++]! });
}

/** Networks of one table with their comparisons as one family of tests. */
export function asFamilyOfNetworks<T extends { readonly comparison?: Comparison }>(
  networks: readonly T[],
): T[] {
  const tests = asFamily(networks.map(({ comparison }) => comparison?.paired));
  return networks.map((network, i) => {
    const paired = tests[i];
    const { comparison } = network;
    return comparison && paired ? { ...network, comparison: { ...comparison, paired } } : network;
  });
}
