import { checkFit } from "./check_fit.ts";
import type { Batches, FitOptions, History, System } from "./system.ts";
import { TrainingProgress } from "./training_progress.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { OptimizerState, StepResult, StepSettings } from "../model/training_step.ts";

/** What a system does in the training loop. */
export interface LoopParts {
  /**
   * Prepares the optimizer, which remembers nothing, or what the state says.
   * @param position of the first step; whatever is random depends on a seed and the position
   */
  begin(state: OptimizerState | undefined, position: number): void | Promise<void>;
  /** Learns from one batch. */
  step(batch: Batch, settings: StepSettings): StepResult | Promise<StepResult>;
  /** What the optimizer remembers after the last step. */
  optimizerState(): OptimizerState | Promise<OptimizerState>;
}

/**
 * The training loop that the hand-written and the PyTorch-style system share: checks, epochs, batches,
 * the running loss and accuracy, validation, progress, stopping and going on.
 */
export async function trainingLoop(
  system: System,
  train: Batches,
  options: FitOptions,
  parts: LoopParts,
): Promise<History> {
  checkFit(train, options);
  const progress = new TrainingProgress(system, train, options, () => parts.optimizerState());
  await parts.begin(options.resume?.optimizer ?? options.optimizerState, progress.position);
  const batches = await progress.begin();
  while (!progress.isOver) {
    progress.beginEpoch();
    for await (const batch of batches) {
      const { loss, correct } = await parts.step(batch, progress.settings);
      await progress.add(batch.size, loss, correct);
      if (progress.isStopped) return await progress.end();
    }
    await progress.finishEpoch();
  }
  return await progress.end();
}
