import type { Predictions } from "../systems/evaluate.ts";
import { argmax } from "../util/argmax.ts";

/** Counts of (true class, predicted class). */
export interface ConfusionMatrix {
  /** Number of classes. */
  readonly classes: number;
  /** (classes, classes): row true, column predicted. */
  readonly counts: Int32Array;
  /** How many different classes were predicted at all: 1 means collapse. */
  readonly predicted: number;
}

/** The label with the highest logit of each image; the first of equals. */
export function predictedLabels({ logits, labels, classes }: Predictions): Int32Array {
  return Int32Array.from(
    labels,
    (_, i) => argmax(logits.subarray(i * classes, (i + 1) * classes)),
  );
}

/** Sets true labels against predicted ones. */
export function confusionMatrix(predictions: Predictions): ConfusionMatrix {
  const { labels, classes } = predictions;
  const counts = new Int32Array(classes * classes);
  const found = predictedLabels(predictions);
  labels.forEach((label, i) => counts[label * classes + found[i]!]!++);
  return { classes, counts, predicted: new Set(found).size };
}
