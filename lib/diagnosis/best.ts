import { type Experiment, loadOrTrain, type ProgressFactory } from "../runs/experiment.ts";
import { bestRunOptions, predictions, type Run } from "../runs/run.ts";
import { trialSeeds } from "./climb.ts";
import { countHits, type Hits } from "./trial.ts";

/** A run of the best recipe, and what it scores. */
export interface BestRun {
  readonly run: Run;
  readonly val: Hits;
  readonly test: Hits;
}

/** The best recipe once with each seed, on the fastest system; saved runs are used again. */
export async function bestRuns(
  experiment: Experiment,
  progress?: ProgressFactory,
  seeds: readonly number[] = trialSeeds,
): Promise<BestRun[]> {
  const { architecture, data } = experiment;
  const runs: BestRun[] = [];
  for (const seed of seeds) {
    const onProgress = progress?.(`Best recipe, seed ${seed}`, "images");
    const own = { ...experiment, options: { ...bestRunOptions, seed } };
    const run = await loadOrTrain(own, "numpy", onProgress ? { onProgress } : {});
    const [val, test] = [
      countHits(await predictions(run, architecture, data.val)),
      countHits(await predictions(run, architecture, data.test)),
    ];
    runs.push({ run, val, test });
  }
  return runs;
}
