/** What a training leaves, ours or the other program's, and how ours is recorded. */
import { confusionMatrix } from "../../lib/metrics/confusion.ts";
import { batches, type RunData } from "../../lib/runs/run.ts";
import { fitOptionsOf, prepareRun } from "../../lib/runs/train_run.ts";
import { predictAll, score } from "../../lib/systems/evaluate.ts";
import type { OnProgress } from "../../lib/util/progress.ts";
import type { WitnessRun } from "./witness_runs.ts";

/** Accuracy on the images of a split. */
export interface LoggedAccuracy {
  readonly top1: number;
  readonly top5: number;
  readonly classesPredicted: number;
}

/** One training. */
export interface WitnessLog {
  /** Which program computed it, with its version. */
  readonly program: string;
  /** Mean loss of each batch, before its step; null where it is NaN or infinite. */
  readonly losses: readonly (number | null)[];
  /** After each epoch. */
  readonly validation: readonly LoggedAccuracy[];
  /** After the last epoch. */
  readonly test: LoggedAccuracy;
}

/** Trains a run here and records it. */
export async function ourLog(
  { configuration }: WitnessRun,
  data: RunData,
  onProgress?: OnProgress,
): Promise<WitnessLog> {
  const { system, train, normalisation } = await prepareRun(configuration, data);
  const accuracy = async (split: "val" | "test") => {
    const predictions = await predictAll(system, batches(data[split], normalisation));
    const { top1, top5 } = score(predictions);
    return { top1, top5, classesPredicted: confusionMatrix(predictions).predicted };
  };
  try {
    const losses: (number | null)[] = [];
    const validation: LoggedAccuracy[] = [];
    await system.fit(train, {
      ...fitOptionsOf(configuration),
      onBatch: ({ loss }) => void losses.push(sevenDigits(loss)),
      onEpoch: async () => void validation.push(await accuracy("val")),
      ...(onProgress ? { onProgress } : {}),
    });
    return { program: system.runsOn, losses, validation, test: await accuracy("test") };
  } finally {
    system.dispose();
  }
}

/** As many digits as float32 has; null for what JSON has no word for. */
function sevenDigits(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
}
