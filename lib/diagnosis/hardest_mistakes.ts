import { crossEntropies, logProbabilities, type Predictions } from "../systems/evaluate.ts";

/** An image that a network got wrong. */
export interface Mistake {
  /** Its place among the images. */
  readonly index: number;
  /** Its true class. */
  readonly label: number;
  /** Cross-entropy in nats: −log of the probability of the true class. */
  readonly loss: number;
  /** The classes with the highest probabilities, the highest first. */
  readonly guesses: readonly { readonly label: number; readonly probability: number }[];
}

/** The images that were classified wrongly, those with the highest loss first. */
export function hardestMistakes(predictions: Predictions, count: number, guesses = 5): Mistake[] {
  const { logits, labels, classes } = predictions;
  const losses = crossEntropies(logits, labels, classes);
  const logs = logProbabilities(predictions);
  const mistakes = Array.from(labels, (label, index): Mistake => {
    const row = logs.subarray(index * classes, (index + 1) * classes);
    const ranked = Array.from(row, (log, own) => ({ label: own, probability: Math.exp(log) }))
      .sort((a, b) => b.probability - a.probability || a.label - b.label);
    return { index, label, loss: losses[index]!, guesses: ranked.slice(0, guesses) };
  });
  return mistakes.filter(({ label, guesses }) => guesses[0]!.label !== label)
    .sort((a, b) => b.loss - a.loss || a.index - b.index).slice(0, count);
}
