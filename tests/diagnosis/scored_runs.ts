import { wilson } from "../../lib/metrics/wilson.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { type RunConfiguration, runConfiguration } from "../../lib/runs/run_configuration.ts";
import type { SeedRun } from "../../lib/runs/run_seeds.ts";
import type { AblationStep } from "../../lib/diagnosis/ablations.ts";
import type { LayerStatistics } from "../../lib/diagnosis/layer_statistics.ts";
import type { MeasuredAblation, MeasuredStep } from "../../lib/diagnosis/measure_ablation.ts";
import { matrixRows } from "../../lib/diagnosis/fault_matrix.ts";
import {
  judgeSummaries,
  matrixOf,
  type MeasuredMatrix,
} from "../../lib/diagnosis/measure_matrix.ts";
import { judge } from "../../lib/diagnosis/chance.ts";
import { summarize } from "../../lib/diagnosis/summary.ts";

/** What a made-up run may differ in. */
export interface MadeUp {
  readonly predicted?: number;
  /** Hits within five. */
  readonly top5?: number;
  readonly loss?: number;
  readonly configuration?: RunConfiguration;
}

/** A made-up run with some hits among 450 images and, by default, twice as many within five. */
export function scoredRun(seed: number, hits: number, made: MadeUp = {}): SeedRun {
  const { predicted = 40, top5 = 2 * hits, loss = 3 } = made;
  const configuration = made.configuration ??
    runConfiguration({ system: "numpy", architecture: lenet5(), seed });
  const scores = {
    top1: wilson(hits, 450),
    top5: wilson(top5, 450),
    confusion: { classes: 50, counts: new Int32Array(2500), predicted },
  };
  const history = [{ epoch: 1, loss, accuracy: 0.1, seconds: 1, imagesPerSecond: 1 }];
  const normalisation = { mean: 0, std: 1 };
  return {
    run: { configuration, normalisation, history, seconds: 1, weights: {} },
    ...{ val: scores, test: scores, origin: "loaded" },
  };
}

/** A step with made-up runs, one for each number of hits. */
export function measuredStep(
  step: AblationStep,
  hits: readonly number[],
  layers: readonly LayerStatistics[],
  made: MadeUp = {},
): MeasuredStep {
  const { configuration } = step;
  const runs = hits.map((count, i) => scoredRun(i + 1, count, { configuration, ...made }));
  const summary = summarize(runs);
  const [verdict] = judge([summary.networks], { top1: 0.02, top5: 0.1 });
  return { step, runs, summary, verdict: verdict!, layers };
}

export function measuredAblation(
  name: string,
  steps: readonly MeasuredStep[],
): MeasuredAblation {
  const [first, last] = [steps[0]!.summary, steps.at(-1)!.summary];
  return { name, steps, first, last, family: steps.length };
}

/** A matrix of torch and keras: all but the published torch and the published keras row are above constant prediction. */
export function madeUpMatrix(): MeasuredMatrix {
  const runs = ["torch", "keras"] as const;
  const rows = runs.flatMap((run) => matrixRows(lenet5(), run));
  const summaries = rows.map(({ configuration }, i) =>
    summarize(
      [60 + 3 * i, 70, 90].map((hits, seed) =>
        i === 1 || i === rows.length - 1
          ? scoredRun(seed, 9, { configuration, predicted: 1, top5: 45 })
          : scoredRun(seed, hits, { configuration })
      ),
    )
  );
  const labels = Int32Array.from({ length: 450 }, (_, i) => i % 50);
  return matrixOf(lenet5(), runs, judgeSummaries(summaries, labels));
}
