import { type SeedMean, seedMean } from "../metrics/seeds.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import type { OnProgress } from "../util/progress.ts";
import { type Ladder, type LadderName, ladders, type Rung } from "./ladders.ts";
import type { TrialStore } from "./trial_store.ts";
import type { Hits, Trial, TrialResult } from "./trial.ts";

/** Seeds of every trial. */
export const trialSeeds: readonly number[] = [1, 2, 3];

/** A rung and what its trial gave with each seed. */
export interface Climbed {
  readonly rung: Rung;
  readonly results: readonly TrialResult[];
}

/** A ladder that was climbed. */
export interface Climb {
  readonly ladder: Ladder;
  readonly rungs: readonly Climbed[];
  /** What the published run gave. */
  readonly foot: readonly TrialResult[];
  /** What the corrected run gave. */
  readonly top: readonly TrialResult[];
}

/** Runs a trial once with each seed, or takes what is stored. */
export async function runSeeds(
  store: TrialStore,
  data: Experiment["data"],
  trial: Trial,
  seeds: readonly number[] = trialSeeds,
  onProgress?: OnProgress,
): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  for (const seed of seeds) {
    results.push(await store.run(data, trial, seed));
    await onProgress?.(results.length, seeds.length);
  }
  return results;
}

/** Runs the trials of a ladder from its foot up. */
export async function climbLadder(
  store: TrialStore,
  { data }: Pick<Experiment, "data">,
  ladder: Ladder,
  onProgress?: OnProgress,
  seeds: readonly number[] = trialSeeds,
): Promise<Climb> {
  const rungs: Climbed[] = [];
  for (const rung of ladder.rungs) {
    rungs.push({ rung, results: await runSeeds(store, data, rung.trial, seeds) });
    await onProgress?.(rungs.length, ladder.rungs.length, rung.change);
  }
  return { ladder, rungs, foot: rungs[0]!.results, top: rungs.at(-1)!.results };
}

/** Climbs all ladders. */
export async function climbAll(
  store: TrialStore,
  experiment: Pick<Experiment, "data" | "architecture">,
  progress?: ProgressFactory,
): Promise<Readonly<Record<LadderName, Climb>>> {
  const all = ladders(experiment.architecture, experiment.data.train.length);
  const climb = (name: LadderName) =>
    climbLadder(store, experiment, all[name], progress?.(`Ladder: ${all[name].name}`, "rungs"));
  return {
    numpy: await climb("numpy"),
    torch: await climb("torch"),
    keras: await climb("keras"),
    written: await climb("written"),
  };
}

/** Mean share of hits over the seeds, with its 95 % interval. */
export function meanHits(
  results: readonly Pick<TrialResult, "val" | "test">[],
  split: "val" | "test",
  metric: keyof Pick<Hits, "top1" | "top5">,
): SeedMean {
  const images = results[0]?.[split].images ?? 0;
  return seedMean(results.map((result) => result[split][metric] / images), images);
}

/** Median over the seeds of something that each result has. */
export function medianOf(
  results: readonly TrialResult[],
  value: (result: TrialResult) => number,
): number {
  const sorted = results.map(value).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
