import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import { applyMasks, globalMagnitudeMasks, magnitudeMasks, type Masks } from "./masks.ts";
import { checkAmount } from "./pruning_amounts.ts";

/**
 * Trains on with the pruned weights held at zero: after each step they are put back, whatever the
 * optimizer has made of them. Works on every system.
 */
export async function fineTune(
  system: System,
  masks: Masks,
  train: Batches,
  options: FitOptions,
): Promise<History> {
  const restore = async () => {
    await system.setWeights(applyMasks(await system.weights(), masks));
  };
  await restore();
  const onBatch: FitOptions["onBatch"] = async (record) => {
    await restore();
    await options.onBatch?.(record);
  };
  return await system.fit(train, { ...options, onBatch });
}

/**
 * Sparsities on the way to a final one: steep at first, when there is much to spare, then ever
 * gentler; s_t = s − s·(1 − t/n)³ (Zhu & Gupta 2017, "To prune, or not to prune").
 * @throws RangeError if `final` is outside [0, 1) or `steps` is no whole number from 1
 */
export function sparsitySchedule(final: number, steps: number): number[] {
  checkAmount(final, "final sparsity");
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`steps must be a whole number of at least 1, got ${steps}`);
  }
  return Array.from({ length: steps }, (_, i) => final * (1 - (1 - (i + 1) / steps) ** 3));
}

/** How `prunePart` chooses: the same share of every layer, or the smallest of all together. */
export type PruneScope = "layer" | "global";

/** What is told after each step of iterative pruning. */
export interface PruneStep {
  readonly step: number;
  /** Share of the weights, biases not counted, that are zero from now on. */
  readonly sparsity: number;
  readonly masks: Masks;
  readonly history: History;
}

/**
 * Iterative magnitude pruning: prunes to each sparsity in turn and fine-tunes in between. What is zero
 * stays zero, because zeros have the smallest magnitude.
 *
 * @param fitOptions of each fine-tuning
 * @param onStep told after each fine-tuning, with the system as it is then
 */
export async function pruneIteratively(
  system: System,
  train: Batches,
  sparsities: readonly number[],
  scope: PruneScope,
  fitOptions: FitOptions,
  onStep?: (step: PruneStep) => void | Promise<void>,
): Promise<PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const [i, sparsity] of sparsities.entries()) {
    const weights = await system.weights();
    const masks = scope === "global"
      ? globalMagnitudeMasks(system.architecture, weights, sparsity)
      : magnitudeMasks(system.architecture, weights, { conv: sparsity, dense: sparsity });
    const history = await fineTune(system, masks, train, fitOptions);
    const step = { step: i + 1, sparsity, masks, history };
    await onStep?.(step);
    steps.push(step);
  }
  return steps;
}
