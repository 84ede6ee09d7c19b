import type { OnProgress } from "../util/progress.ts";
import type { RunData } from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import type { RunOrigin, RunStore } from "./run_store.ts";
import { type ScoredRun, scoreRun } from "./score_run.ts";

/** The seeds with which a configuration is run where no others are asked for. */
export const defaultSeeds: readonly number[] = [1, 2, 3];

/** One of several runs that differ in their seed only. */
export interface SeedRun extends ScoredRun {
  /** Whether the run was found or trained now. */
  readonly origin: RunOrigin;
}

/**
 * A configuration once with each seed, loaded where the store has it and trained otherwise. A training
 * that diverges is a result like any other.
 * @param onProgress told of the images that all trainings together have gone through
 */
export async function runSeeds(
  store: RunStore,
  data: RunData,
  configuration: RunConfiguration,
  seeds: readonly number[] = defaultSeeds,
  onProgress?: OnProgress,
): Promise<SeedRun[]> {
  const runs: SeedRun[] = [];
  const images = configuration.epochs * data.train.length;
  for (const [i, seed] of seeds.entries()) {
    const { run, origin } = await store.loadOrTrain({ ...configuration, seed }, data, {
      continueAtBrokenLoss: true,
      onProgress: (done, _, note) => onProgress?.(i * images + done, seeds.length * images, note),
    });
    runs.push({ ...await scoreRun(run, data), origin });
    await onProgress?.(runs.length * images, seeds.length * images);
  }
  return runs;
}
