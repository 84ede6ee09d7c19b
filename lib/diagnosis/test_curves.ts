import { topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Experiment } from "../runs/experiment.ts";
import { batches, type RunData } from "../runs/run.ts";
import { fitOptionsOf, prepareRun } from "../runs/train_run.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import { sideBySide, type Telling, trainsApart, type Work } from "../runs/side_by_side.ts";
import { predictAll } from "../systems/evaluate.ts";
import { systemTitles } from "../systems/create_system.ts";
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
 * @param experiment of the same images; with it several trainings go on at a time, see `sideBySide`
 */
export async function accuracyCurves(
  configurations: readonly RunConfiguration[],
  epochs: number,
  data: RunData,
  onProgress?: OnProgress,
  experiment?: Experiment,
): Promise<AccuracyPoint[]> {
  const works = configurations.map((configuration): Work<AccuracyPoint[]> => ({
    name: `the curve of ${configuration.system}`,
    module: import.meta.url,
    run: accuracyCurve,
    args: [{ ...configuration, epochs }],
    units: epochs * data.train.length,
    isApart: trainsApart(configuration),
  }));
  return (await sideBySide(experiment ?? { data }, works, { onProgress })).flat();
}

/** The points of one configuration. */
export async function accuracyCurve(
  { data }: { readonly data: RunData },
  { onProgress }: Pick<Telling, "onProgress">,
  configuration: RunConfiguration,
): Promise<AccuracyPoint[]> {
  const points: AccuracyPoint[] = [];
  const { system, train, normalisation } = await prepareRun(configuration, data);
  try {
    await system.fit(train, {
      ...fitOptionsOf(configuration),
      onProgress,
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
  return points;
}

/**
 * What becomes of top-1 on the test images after an epoch, a line of Markdown for each system. The paper says
 * that it falls. Both accuracies are of the same images, so the interval of their difference, which is made as
 * if they were of different ones, is too wide and never too narrow.
 * @param end the epoch after which the paper sees the accuracy fall
 */
export function afterwardsText(curves: readonly AccuracyPoint[], end: number): string {
  const test = curves.filter(({ split, metric }) => split === "test" && metric === "top-1");
  return [...new Set(test.map(({ system }) => system))].map((system) => {
    const own = test.filter((point) => point.system === system);
    const last = own.at(-1)!, at = own.find(({ epoch }) => epoch === end) ?? last;
    const best = own.reduce((a, b) => b.accuracy.value > a.accuracy.value ? b : a);
    const change = last.accuracy.value - at.accuracy.value;
    const half = ({ accuracy: { interval: [low, high] } }: AccuracyPoint) => (high - low) / 2;
    const isShown = Math.abs(change) > Math.hypot(half(at), half(last));
    const judged = !isShown ? "no change is shown" : change > 0 ? "it has risen" : "it has fallen";
    return `- ${systemTitles[system]}: ${at.accuracy.value.toFixed(3)} after epoch ${at.epoch}, ` +
      `${last.accuracy.value.toFixed(3)} after epoch ${last.epoch}: ${judged}. ` +
      `It is highest after epoch ${best.epoch}.`;
  }).join("\n");
}
