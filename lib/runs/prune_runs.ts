import { pruneIteratively, type PruneScope } from "../compression/finetune.ts";
import { applyMasks, magnitudeMasks, type Masks, randomMasks } from "../compression/masks.ts";
import {
  paperAmounts,
  paperCodeAmounts,
  type PruningAmounts,
} from "../compression/pruning_amounts.ts";
import { type StorageSizes, storageSizes } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import { topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import { type Architecture, countMultiplyAdds } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { predictAll } from "../systems/evaluate.ts";
import type { System } from "../systems/system.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import {
  defaultFineTune,
  type FineTuneOptions,
  fitOptions,
  trainBatches,
  trainOn,
} from "./finetuning.ts";
import { batches, restore, type Run } from "./run.ts";

/** A pruned network and what it scores. */
export interface PrunedModel {
  readonly name: string;
  readonly architecture: Architecture;
  readonly weights: Weights;
  /** Absent where whole filters and units were removed. */
  readonly masks?: Masks;
  readonly top1: Accuracy;
  readonly top5: Accuracy;
  readonly sizes: StorageSizes;
  readonly multiplyAdds: number;
}

/**
 * A run's network pruned in each of the ways that the report names or its code used, and in those that
 * help, without fine-tuning and with it. Fine-tuning is the run's system's own.
 */
export async function pruneRun(
  experiment: Experiment,
  run: Run,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
): Promise<PrunedModel[]> {
  const { architecture } = experiment;
  const ways: readonly [string, PruningAmounts, "random" | "magnitude" | "structured"][] = [
    ["report's text: random, conv 20 %, dense 40 %", paperAmounts, "random"],
    ["report's code: magnitude, conv 20 %, dense 60 %", paperCodeAmounts, "magnitude"],
    ["magnitude, conv 20 %, dense 40 %", paperAmounts, "magnitude"],
    ["structured, conv 20 %, dense 40 %", paperAmounts, "structured"],
  ];
  const models = [await evaluate(experiment, run, "dense", architecture, run.weights, undefined)];
  for (const [i, [name, shares, way]] of ways.entries()) {
    const smaller = way === "structured"
      ? pruneStructured(architecture, run.weights, shares)
      : undefined;
    const masks = smaller
      ? undefined
      : way === "random"
      ? randomMasks(architecture, run.weights, shares, run.options.seed)
      : magnitudeMasks(architecture, run.weights, shares);
    const pruned = smaller?.weights ?? applyMasks(run.weights, masks!);
    const shape = smaller?.architecture ?? architecture;
    models.push(await evaluate(experiment, run, name, shape, pruned, masks));
    const tuned = await trainOn(experiment, run, shape, pruned, fineTuning, masks);
    models.push(await evaluate(experiment, run, `${name}, fine-tuned`, shape, tuned, masks));
    await onProgress?.(i + 1, ways.length);
  }
  return models;
}

/** One point of the curve of accuracy against sparsity. */
export interface CurvePoint {
  readonly scope: PruneScope;
  readonly sparsity: number;
  readonly top1: Accuracy;
  readonly top5: Accuracy;
}

/** Sparsities of the curve, up to 98 %. */
export const curveSparsities: readonly number[] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

/** Iterative magnitude pruning, per layer and global: accuracy on the test images at each sparsity. */
export async function pruningCurve(
  experiment: Experiment,
  run: Run,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
): Promise<CurvePoint[]> {
  const points: CurvePoint[] = [];
  const { test } = experiment.data;
  for (const scope of ["layer", "global"] as const) {
    const system = await restore(run, experiment.architecture);
    try {
      points.push({ scope, sparsity: 0, ...await scores(system, run, test) });
      const loader = trainBatches(experiment, run);
      await pruneIteratively(
        ...[system, loader, curveSparsities, scope, fitOptions(fineTuning)] as const,
        async ({ sparsity }) => {
          points.push({ scope, sparsity, ...await scores(system, run, test) });
          await onProgress?.(points.length, 2 * (1 + curveSparsities.length));
        },
      );
    } finally {
      system.dispose();
    }
  }
  return points;
}

async function scores(system: System, run: Run, test: Experiment["data"]["test"]) {
  const result = await predictAll(system, batches(test, run.normalisation));
  return { top1: topK(result, 1), top5: topK(result, Math.min(5, result.classes)) };
}

async function evaluate(
  { data }: Experiment,
  run: Run,
  name: string,
  architecture: Architecture,
  weights: Weights,
  masks: Masks | undefined,
): Promise<PrunedModel> {
  const system = await createSystem(run.system, architecture);
  try {
    await system.setWeights(weights);
    return {
      ...{ name, architecture, weights, ...(masks ? { masks } : {}) },
      ...await scores(system, run, data.test),
      // PyTorch keeps the weights as they were before their mask
      sizes: await storageSizes(masks ? run.weights : weights, weights, masks ?? {}),
      multiplyAdds: countMultiplyAdds(architecture),
    };
  } finally {
    system.dispose();
  }
}
