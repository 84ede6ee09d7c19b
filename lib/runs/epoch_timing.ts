import type { Batches, FitOptions, System } from "../systems/system.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { firstBatches } from "./first_batches.ts";

/** A system that is timed while it trains. */
export interface TimedTrainee {
  /** It goes on from the weights that it has. */
  readonly system: System;
  /** Makes its training batches; asked for twice, because loaders count their epochs. */
  readonly train: () => Batches;
  /** How it trains; one epoch at a time, whatever stands here. */
  readonly fit: Omit<FitOptions, "epochs">;
}

/** What each epoch of one system took and gave. */
export interface EpochTimes {
  /** Seconds of each epoch, evaluation not counted. */
  readonly seconds: readonly number[];
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
}

/** Steps before the clock starts: V8 compiles the kernels meanwhile. */
const WARM_UP_STEPS = 3;

/**
 * Trains systems in turns, an epoch each, and begins each round with another system: whatever slows
 * the machine for a while slows all of them. Each epoch begins with a new optimizer.
 * @param rounds epochs of each system, from 1
 * @param onProgress told after each batch; its units are epochs
 * @returns in the order of `trainees`
 * @throws RangeError if `rounds` is no whole number of at least 1
 */
export async function epochsInTurns(
  trainees: readonly TimedTrainee[],
  rounds: number,
  onProgress?: OnProgress,
): Promise<EpochTimes[]> {
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`an epoch must be timed a whole number of times from 1, got ${rounds}`);
  }
  for (const { system, train, fit } of trainees) {
    const weights = await system.weights();
    const few = firstBatches(train(), WARM_UP_STEPS);
    await system.fit(few, { ...fit, epochs: 1 });
    await system.setWeights(weights, { allowBroken: true });
  }
  const joined = new JoinedProgress(rounds * trainees.length, onProgress);
  const loaders = trainees.map(({ train }) => train());
  const times = trainees.map(() => ({ seconds: [] as number[], losses: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < trainees.length; turn++) {
      const i = (round + turn) % trainees.length;
      const { system, fit } = trainees[i]!;
      const onProgress = joined.part(1);
      const [epoch] = await system.fit(loaders[i]!, { ...fit, epochs: 1, onProgress });
      times[i]!.seconds.push(epoch!.seconds);
      times[i]!.losses.push(epoch!.loss);
    }
  }
  return times;
}
