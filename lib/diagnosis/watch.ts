import type { Experiment } from "../runs/experiment.ts";
import type { Climb } from "./climb.ts";
import { type GuardedFit, guardedFit } from "./guard.ts";
import type { LadderName } from "./ladders.ts";
import { setUpTrial, type Trial } from "./trial.ts";

/** The runs as published and, for each system, as corrected, under the guard. */
export async function watchAll(
  experiment: Experiment,
  climbs: Readonly<Record<LadderName, Climb>>,
): Promise<Record<string, GuardedFit>> {
  const watched: Record<string, GuardedFit> = {};
  const all = Object.values(climbs).map(({ ladder }) => ladder);
  for (const { name, rungs } of all) {
    watched[`${name}, ${rungs[0]!.change}`] = await watchTrial(experiment, rungs[0]!.trial);
  }
  for (const { name, rungs } of all.slice(0, 3)) {
    watched[`${name}, corrected`] = await watchTrial(experiment, rungs.at(-1)!.trial);
  }
  return watched;
}

/** Trains a trial's first epoch under the guard. */
export async function watchTrial({ data }: Experiment, trial: Trial): Promise<GuardedFit> {
  const { system, train } = await setUpTrial(data, trial, 1);
  try {
    const options = { epochs: 1, optimizer: trial.optimizer };
    return await guardedFit(system, train, options, { onWarning: () => {} });
  } finally {
    system.dispose();
  }
}
