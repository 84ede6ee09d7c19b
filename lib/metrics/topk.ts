import { labelRanks, type Predictions } from "../systems/evaluate.ts";
import { requirePredictions } from "./require_predictions.ts";
import { type Accuracy, wilson } from "./wilson.ts";

/**
 * Whether each image's label has the highest logit.
 * @throws RangeError if there are not as many logits as the labels need, or a label is none of the classes
 */
export function correct(predictions: Predictions): boolean[] {
  requirePredictions(predictions);
  const { logits, labels, classes } = predictions;
  return Array.from(labelRanks(logits, labels, classes), (rank) => rank === 0);
}

/**
 * The paper's metric (its eq. 3): the share of images whose true label is among the `k` labels with
 * the highest logits, with its 95 % interval.
 * @throws RangeError as `correct` does, or if `k` is no whole number from 1 to the number of classes
 */
export function topK(predictions: Predictions, k: number): Accuracy {
  requirePredictions(predictions);
  const { logits, labels, classes } = predictions;
  if (!Number.isInteger(k) || k < 1 || k > classes) {
    throw new RangeError(`k must be a whole number in [1, ${classes}], got ${k}`);
  }
  const hits = labelRanks(logits, labels, classes).filter((rank) => rank < k).length;
  return wilson(hits, labels.length);
}
