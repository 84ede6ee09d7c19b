import { labelRanks, type Predictions } from "../systems/evaluate.ts";
import { type Accuracy, wilson } from "./wilson.ts";

/** Whether each image's label has the highest logit. */
export function correct({ logits, labels, classes }: Predictions): boolean[] {
  return Array.from(labelRanks(logits, labels, classes), (rank) => rank === 0);
}

/**
 * The paper's metric (its eq. 3): the share of images whose true label is among the `k` labels with
 * the highest logits, with its 95 % interval.
 */
export function topK({ logits, labels, classes }: Predictions, k: number): Accuracy {
  if (!Number.isInteger(k) || k < 1 || k > classes) {
    throw new RangeError(`k must be a whole number in [1, ${classes}], got ${k}`);
  }
  const hits = labelRanks(logits, labels, classes).filter((rank) => rank < k).length;
  return wilson(hits, labels.length);
}
