import { type ConfusionMatrix, confusionMatrix } from "../metrics/confusion.ts";
import { topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Predictions } from "../systems/evaluate.ts";
import { predictions, type Run, type RunData, type StoppedRun } from "./run.ts";

/** What a run's network scores on one split. */
export interface SplitScores {
  /** Top-1 accuracy. */
  readonly top1: Accuracy;
  /** Top-5 accuracy; with fewer than five classes every image counts. */
  readonly top5: Accuracy;
  /** Counts of images by true and predicted class. */
  readonly confusion: ConfusionMatrix;
}

/** A run and its scores, measured once and then handed to every table and figure. */
export interface ScoredRun<R extends Run | StoppedRun = Run> {
  /** The run. */
  readonly run: R;
  /** On the validation images. */
  readonly val: SplitScores;
  /** On the test images. */
  readonly test: SplitScores;
}

/** Runs the validation and test images through a run's network and scores its answers. */
export async function scoreRun<R extends Run | StoppedRun>(
  run: R,
  data: Pick<RunData, "val" | "test">,
): Promise<ScoredRun<R>> {
  return {
    run,
    val: scorePredictions(await predictions(run, data.val)),
    test: scorePredictions(await predictions(run, data.test)),
  };
}

/** Scores answers that are there already. */
export function scorePredictions(given: Predictions): SplitScores {
  return {
    top1: topK(given, 1),
    top5: topK(given, Math.min(5, given.classes)),
    confusion: confusionMatrix(given),
  };
}
