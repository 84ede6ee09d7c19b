import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import { applyMasks, globalMagnitudeMasks, magnitudeMasks, type Masks } from "./masks.ts";
import { checkAmount } from "./pruning_amounts.ts";

/**
 * Fine-tunes a pruned network on any system. After each step the pruned weights are set back to zero,
 * whatever the optimizer has made of them.
 */
export async function fineTune(
  system: System,
  masks: Masks,
  train: Batches,
  options: FitOptions,
): Promise<History> {
  const allowBroken = options.continueAtBrokenLoss === true;
  const restore = async () => {
    await system.setWeights(applyMasks(await system.weights(), masks), { allowBroken });
  };
  await restore();
  const onBatch: FitOptions["onBatch"] = async (record) => {
    await restore();
    await options.onBatch?.(record);
  };
  return await system.fit(train, { ...options, onBatch });
}

/**
 * Sparsities on the way to a final one. They rise quickly at first, while the network has many weights
 * that it can do without, and then ever more slowly: s_t = s − s·(1 − t/n)³ (Zhu & Gupta 2017, "To prune,
 * or not to prune").
 * @throws RangeError if `final` is outside [0, 1) or `steps` is no whole number of at least 1
 */
export function sparsitySchedule(final: number, steps: number): number[] {
  checkAmount(final, "final sparsity");
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`steps must be a whole number of at least 1, got ${steps}`);
  }
  return Array.from({ length: steps }, (_, i) => final * (1 - (1 - (i + 1) / steps) ** 3));
}

/**
 * Where the smallest weights are looked for: in each layer by itself, which prunes the same part of
 * every layer, or in all layers together.
 */
export type PruneScope = "layer" | "global";

/** One step of iterative pruning. */
export interface PruneStep {
  /** Number of the step, from 1. */
  readonly step: number;
  /** The part of the weights that is zero from now on, biases not counted. */
  readonly sparsity: number;
  /** What is pruned after the step. */
  readonly masks: Masks;
  /** The fine-tuning after the step. */
  readonly history: History;
}

/**
 * Iterative magnitude pruning: prunes to each sparsity in turn and fine-tunes after each. Weights that
 * were pruned before are pruned again, because zeros have the smallest magnitude.
 *
 * @param sparsities in rising order, from `sparsitySchedule`, say
 * @param fitOptions of each fine-tuning; asked for anew before each of them
 * @param onStep called after each fine-tuning, while the system has that step's weights
 * @returns the steps; if a signal ends a fine-tuning, those that were finished before
 */
export async function pruneIteratively(
  system: System,
  train: Batches,
  sparsities: readonly number[],
  scope: PruneScope,
  fitOptions: FitOptions | (() => FitOptions),
  onStep?: (step: PruneStep) => void | Promise<void>,
): Promise<PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const [i, sparsity] of sparsities.entries()) {
    const options = typeof fitOptions === "function" ? fitOptions() : fitOptions;
    if (options.signal?.aborted) break;
    const weights = await system.weights();
    const masks = scope === "global"
      ? globalMagnitudeMasks(system.architecture, weights, sparsity)
      : magnitudeMasks(system.architecture, weights, { conv: sparsity, dense: sparsity });
    const history = await fineTune(system, masks, train, options);
    if (options.signal?.aborted && history.length < options.epochs) break;
    const step = { step: i + 1, sparsity, masks, history };
    await onStep?.(step);
    steps.push(step);
  }
  return steps;
}
