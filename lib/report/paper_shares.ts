import { exactInterval } from "../metrics/clopper_pearson.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { SystemName } from "../systems/system.ts";
import { paper } from "./paper.ts";

/**
 * The images behind a printed accuracy: the count whose share, rounded to four digits, is what is printed, with the exact interval.
 * @returns undefined if no count gives that share, as with a misprint
 */
export function countedShare(printed: number, images: number): Accuracy | undefined {
  const hits = Math.round(printed * images);
  return Math.abs(hits / images - printed) <= 0.5e-4 ? exactInterval(hits, images) : undefined;
}

/**
 * An accuracy of the paper's Table II: with the exact interval where the network answered differently for
 * different images, and as a bare number where it gave one class for every image, which leaves nothing to
 * be uncertain about, or where the number is misprinted.
 */
export function paperShare(
  system: SystemName,
  split: "val" | "test",
  metric: "top1" | "top5",
): number | Accuracy {
  const printed = paper.table2[system][split][metric];
  return system === "keras" ? countedShare(printed, paper.images[split])! : printed;
}
