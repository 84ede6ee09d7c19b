import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import type { Run } from "../runs/run.ts";
import type { RunOrigin } from "../runs/run_store.ts";
import { correctedRun, paperTextRun } from "./paper_faults.ts";

/** One training, of which training and validation accuracy are followed through the epochs. */
export interface LearningCurve {
  /** What the figure calls it. */
  readonly name: string;
  /** The run with its history. */
  readonly run: Run;
  /** Whether the run was found or trained now. */
  readonly origin: RunOrigin;
}

/**
 * Two trainings that show whether a network overfits, which is where training and validation part:
 * Table I taken literally, and the corrected training, longer than usual. Each has one seed.
 */
export async function learningCurves(
  { store, data, architecture }: Experiment,
  progress?: ProgressFactory,
): Promise<LearningCurve[]> {
  const configurations = [
    ["Table I, taken literally", paperTextRun(architecture, "numpy")],
    ["corrected, 25 epochs", { ...correctedRun(architecture, "numpy"), epochs: 25 }],
  ] as const;
  const curves: LearningCurve[] = [];
  for (const [name, configuration] of configurations) {
    const onProgress = progress?.(`Training: ${name}`, "images");
    const kept = await store.loadOrTrain(configuration, data, {
      continueAtBrokenLoss: true, // that a training diverges would be seen in its curve
      ...(onProgress ? { onProgress } : {}),
    });
    curves.push({ name, ...kept });
  }
  return curves;
}
