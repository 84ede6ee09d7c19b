import type { Predictions } from "../systems/evaluate.ts";
import { argmax } from "../util/argmax.ts";
import { requirePredictions } from "./require_predictions.ts";

/** Counts of (true class, predicted class). */
export interface ConfusionMatrix {
  /** Number of classes. */
  readonly classes: number;
  /** (classes, classes): row true, column predicted. */
  readonly counts: Int32Array;
  /** How many different classes were predicted at all: 1 means collapse. */
  readonly predicted: number;
}

/**
 * The label with the highest logit of each image; the first of equals.
 * @throws RangeError if there are not as many logits as the labels need, or a label is none of the classes
 */
export function predictedLabels(predictions: Predictions): Int32Array {
  requirePredictions(predictions);
  const { logits, labels, classes } = predictions;
  return Int32Array.from(
    labels,
    (_, i) => argmax(logits.subarray(i * classes, (i + 1) * classes)),
  );
}

/**
 * Sets true labels against predicted ones.
 * @throws RangeError as `predictedLabels` does
 */
export function confusionMatrix(predictions: Predictions): ConfusionMatrix {
  const { labels, classes } = predictions;
  const counts = new Int32Array(classes * classes);
  const found = predictedLabels(predictions);
  labels.forEach((label, i) => counts[label * classes + found[i]!]!++);
  return { classes, counts, predicted: new Set(found).size };
}
