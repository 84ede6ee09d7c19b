import type { Predictions } from "../systems/evaluate.ts";

/** @throws RangeError unless there is a row of logits for each label, and each label is one of the classes */
export function requirePredictions({ logits, labels, classes }: Predictions): void {
  if (logits.length !== labels.length * classes) {
    throw new RangeError(
      `${labels.length} labels of ${classes} classes need ${labels.length * classes} logits, got ` +
        logits.length,
    );
  }
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (wrong >= 0) {
    throw new RangeError(
      `label ${labels[wrong]} of image ${wrong} is outside 0 to ${classes - 1}, ` +
        "the network's classes",
    );
  }
}
