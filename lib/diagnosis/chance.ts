/**
 * Whether networks answer better than a constant prediction, which needs no image: the test that tells a
 * network that has learned from one that has not.
 */
import { aboveConstant } from "../metrics/binomial.ts";
import { holm } from "../metrics/holm.ts";

/** What was counted of one network's answers for the test images. */
export interface SplitCounts {
  /** All images. */
  readonly images: number;
  /** Images whose label has the highest logit. */
  readonly top1: number;
  /** Images whose label is among the five highest logits. */
  readonly top5: number;
  /** Different classes among the answers with the highest logit. */
  readonly predicted: number;
}

/** The best that one answer for every image scores: the share of the most frequent class, of the five most. */
export interface ConstantScores {
  /** Top-1. */
  readonly top1: number;
  /** Top-5. */
  readonly top5: number;
}

/** Probability of a verdict "alive" where no configuration is: the family-wise error. */
export const ALPHA = 0.05;

/** What a constant prediction scores on images with these labels. @throws RangeError without images */
export function constantScores(labels: ArrayLike<number>): ConstantScores {
  if (labels.length === 0) throw new RangeError("there is no label to predict");
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = [...counts.values()].sort((a, b) => b - a);
  const top5 = most.slice(0, 5).reduce((sum, count) => sum + count, 0);
  return { top1: most[0]! / labels.length, top5: top5 / labels.length };
}

/**
 * The p-value of one network against constant prediction: twice the smaller of the exact binomial
 * probabilities of its top-1 and of its top-5 counts or more (Bonferroni's correction for the two).
 */
export function networkP({ images, top1, top5 }: SplitCounts, constant: ConstantScores): number {
  const smaller = Math.min(
    aboveConstant(top1, images, constant.top1),
    aboveConstant(top5, images, constant.top5),
  );
  return Math.min(1, 2 * smaller);
}

/**
 * One p-value from those of networks that differ in their seed only. All were tested on the same images,
 * so the values depend on each other. Twice their median holds whatever the dependence (Rüger 1978; with
 * an even number, of the two in the middle the larger). It is small only if most seeds are above chance.
 * @throws RangeError if there is no value
 */
export function seedsP(ps: readonly number[]): number {
  if (ps.length === 0) throw new RangeError("there are no seeds to judge");
  if (ps.length === 1) return ps[0]!;
  const sorted = ps.toSorted((a, b) => a - b);
  const at = Math.floor(ps.length / 2); // counted from 0
  return Math.min(1, ps.length / (at + 1) * sorted[at]!);
}

/** What the seeds of one configuration came to. */
export interface Verdict {
  /** Whether it is above constant prediction. */
  readonly alive: boolean;
  /** Its p-value, corrected for the number of configurations that are judged together. */
  readonly p: number;
  /** How many of its seeds gave a single class for every image. */
  readonly constantSeeds: number;
  /** How many seeds there are. */
  readonly seeds: number;
}

/**
 * Judges configurations together: `seedsP` of each, corrected after Holm (1979) for their number.
 * @param family the networks of each configuration, one for each seed
 */
export function judge(
  family: readonly (readonly SplitCounts[])[],
  constant: ConstantScores,
): Verdict[] {
  const corrected = holm(
    family.map((networks) => seedsP(networks.map((one) => networkP(one, constant)))),
  );
  return family.map((networks, i) => ({
    alive: corrected[i]! < ALPHA,
    p: corrected[i]!,
    constantSeeds: networks.filter(({ predicted }) => predicted === 1).length,
    seeds: networks.length,
  }));
}
