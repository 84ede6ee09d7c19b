import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import type { RunData } from "../runs/run.ts";
import { fitOptionsOf, prepareRun } from "../runs/train_run.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import type { AblationName } from "./ablations.ts";
import { type GuardedFit, guardedFit } from "./guard.ts";
import type { MeasuredAblation } from "./measure_ablation.ts";

/** A run's first epoch under the guard. */
export interface GuardedRun {
  /** What the table calls it. */
  readonly name: string;
  /** What was trained. */
  readonly configuration: RunConfiguration;
  /** What the guard noticed. */
  readonly fit: GuardedFit;
}

/**
 * The first step of every ablation and, for each system, the last one, under the guard.
 * @param onProgress told of the images that all of them together have gone through
 */
export async function guardedRuns(
  { data }: { readonly data: RunData },
  measured: Readonly<Record<AblationName, MeasuredAblation>>,
  onProgress?: OnProgress,
): Promise<GuardedRun[]> {
  const all = Object.values(measured);
  const watched = [
    ...all.map(({ name, steps }) => [`${name}, ${steps[0]!.step.change}`, steps[0]!] as const),
    ...[measured.numpy, measured.torch, measured.keras]
      .map(({ name, steps }) => [`${name}, corrected`, steps.at(-1)!] as const),
  ];
  const joined = new JoinedProgress(watched.length * data.train.length, onProgress);
  const runs: GuardedRun[] = [];
  for (const [name, { step: { configuration } }] of watched) {
    const { system, train } = await prepareRun({ ...configuration, seed: 1 }, data);
    try {
      const options = {
        ...fitOptionsOf(configuration),
        epochs: 1,
        continueAtBrokenLoss: true,
        onProgress: joined.part(data.train.length),
      };
      const fit = await guardedFit(system, train, options, { onWarning: () => {} });
      runs.push({ name, configuration, fit });
    } finally {
      system.dispose();
    }
  }
  return runs;
}
