import type { SeedMean } from "../../metrics/seeds.ts";
import type { Accuracy } from "../../metrics/wilson.ts";
import type { SplitCounts } from "../../diagnosis/chance.ts";
import type { Cell } from "../table.ts";

/**
 * A mean over seeds with its interval; without one where each seed gave one class for every image. Such
 * a score is that class's share of the images, which leaves nothing to be uncertain about.
 */
export function scoreCell(mean: SeedMean, networks: readonly SplitCounts[]): Cell {
  return isConstant(networks) ? Number(mean.value.toFixed(3)) : mean;
}

/** The same for one network. @param predicted how many different classes it answers */
export function answerCell(accuracy: Accuracy, predicted: number): Cell {
  return predicted === 1 ? Number(accuracy.value.toFixed(3)) : accuracy;
}

/** Below a table of single networks, what a score without an interval means. */
export const oneAnswerNote =
  "A score without an interval is that of a network that gives one class for every image.";

/** Whether every seed gave one class for every image. */
export function isConstant(networks: readonly SplitCounts[]): boolean {
  return networks.every(({ predicted }) => predicted === 1);
}

/** What a score without an interval means, as a note below a table that has one. */
export const constantNote =
  "A score without an interval is that of networks that give one class for every image, in each seed.";
