import { predictedLabels } from "../metrics/confusion.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct } from "../metrics/topk.ts";
import type { Predictions } from "../systems/evaluate.ts";

/** A network beside its control: the dense float32 network that was trained for as long. */
export interface Comparison {
  /** Name of the control. */
  readonly control: string;
  /** Share of the test images for which both predict the same class. */
  readonly agreement: number;
  /** The control against this network, on top-1. */
  readonly paired: PairedComparison;
}

/** Sets a network's answers beside its control's, on the same images. */
export function compare(control: string, first: Predictions, second: Predictions): Comparison {
  const [a, b] = [predictedLabels(first), predictedLabels(second)];
  const same = a.reduce((sum, label, n) => sum + Number(label === b[n]), 0);
  return {
    control,
    agreement: same / first.labels.length,
    paired: mcnemar(correct(first), correct(second)),
  };
}
