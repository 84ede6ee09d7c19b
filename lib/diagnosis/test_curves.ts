import { topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import { batches, fitOptionsOf, prepareRun, type RunData } from "../runs/run.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import { predictAll } from "../systems/evaluate.ts";
import type { SystemName } from "../systems/system.ts";
import type { OnProgress } from "../util/progress.ts";

/** Accuracy on one split after an epoch. */
export interface AccuracyPoint {
  /** The system. */
  readonly system: SystemName;
  /** Counted from 1. */
  readonly epoch: number;
  /** The images. */
  readonly split: "validation" | "test";
  /** Top-1 or top-5. */
  readonly metric: "top-1" | "top-5";
  /** The share with its interval. */
  readonly accuracy: Accuracy;
}

/**
 * Trains each configuration for so many epochs and measures validation and test images after each of them, as
 * the paper's Figure 3 shows it. Nothing may be chosen by the test images; these curves are for looking at.
 */
export async function accuracyCurves(
  configurations: readonly RunConfiguration[],
  epochs: number,
  data: RunData,
  onProgress?: OnProgress,
): Promise<AccuracyPoint[]> {
  const points: AccuracyPoint[] = [];
  const images = epochs * data.train.length;
  for (const [k, configuration] of configurations.entries()) {
    const { system, train, normalisation } = await prepareRun({ ...configuration, epochs }, data);
    try {
      await system.fit(train, {
        ...fitOptionsOf({ ...configuration, epochs }),
        onProgress: (done, _, note) =>
          onProgress?.(k * images + done, configurations.length * images, note),
        onEpoch: async ({ epoch }) => {
          for (const split of ["validation", "test"] as const) {
            const pixels = split === "test" ? data.test : data.val;
            const found = await predictAll(system, batches(pixels, normalisation));
            for (const n of [1, 5] as const) {
              const accuracy = topK(found, Math.min(n, found.classes));
              points.push({ system: system.name, epoch, split, metric: `top-${n}`, accuracy });
            }
          }
        },
      });
    } finally {
      system.dispose();
    }
  }
  return points;
}
