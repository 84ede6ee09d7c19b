import { binomialTail } from "./binomial.ts";

/** Two classifiers on the same images: how often each is right where the other is wrong. */
export interface PairedComparison {
  /** Images that only the first network classifies correctly. */
  readonly onlyFirst: number;
  /** Images that only the second network classifies correctly. */
  readonly onlySecond: number;
  /** Probability of a difference this large or larger if both were equally good; two-sided. */
  readonly p: number;
}

/**
 * McNemar's exact test (McNemar 1947): of the images on which two classifiers differ, each is right on
 * half if they are equally good, so the smaller count follows a binomial distribution with share ½.
 * @param first, second whether each image is classified correctly; of the same length
 */
export function mcnemar(
  first: readonly boolean[],
  second: readonly boolean[],
): PairedComparison {
  if (first.length !== second.length) {
    throw new RangeError(`${first.length} answers cannot be paired with ${second.length}`);
  }
  const onlyFirst = first.filter((right, i) => right && !second[i]).length;
  const onlySecond = second.filter((right, i) => right && !first[i]).length;
  const n = onlyFirst + onlySecond, k = Math.min(onlyFirst, onlySecond);
  const p = n === 0 ? 1 : Math.min(1, 2 * binomialTail(n - k, n, 0.5));
  return { onlyFirst, onlySecond, p };
}
