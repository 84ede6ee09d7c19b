import type { ConfusionMatrix } from "../metrics/confusion.ts";

/** Kinds of classes: all wolves, all foxes. */
export interface ClassKinds {
  /** Names of the kinds, in the order of their first classes. */
  readonly names: readonly string[];
  /** The kind of each class, by label. */
  readonly kindOf: readonly number[];
}

/**
 * Kinds of classes whose names end in the same word, as "dusk wolf" and "pale wolf" do. If there would be
 * fewer than two classes to a kind on average, each class is a kind of its own.
 */
export function classKinds(classes: readonly string[]): ClassKinds {
  const words = classes.map((name) => name.trim().split(/[\s_]+/).at(-1)!);
  const names = [...new Set(words)];
  if (2 * names.length > classes.length) {
    return {
      names: classes,
      kindOf: classes.map((_, i) => i),
    };
  }
  return { names, kindOf: words.map((word) => names.indexOf(word)) };
}

/** A confusion matrix with the classes of a kind counted together. */
export function confusionOfKinds(
  { classes, counts }: ConfusionMatrix,
  { names, kindOf }: ClassKinds,
): ConfusionMatrix {
  const kinds = names.length;
  const together = new Int32Array(kinds * kinds);
  for (let label = 0; label < classes; label++) {
    for (let found = 0; found < classes; found++) {
      together[kindOf[label]! * kinds + kindOf[found]!]! += counts[label * classes + found]!;
    }
  }
  const predicted = names.filter((_, kind) => {
    for (let row = 0; row < kinds; row++) if (together[row * kinds + kind]! > 0) return true;
    return false;
  }).length;
  return { classes: kinds, counts: together, predicted };
}
