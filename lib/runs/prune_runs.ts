import { pruneIteratively, type PruneScope } from "../compression/finetune.ts";
import {
  applyMasks,
  magnitudeMasks,
  type Masks,
  randomMasks,
  sparsity,
} from "../compression/masks.ts";
import {
  paperAmounts,
  paperCodeAmounts,
  type PruningAmounts,
} from "../compression/pruning_amounts.ts";
import { type StorageSizes, storageSizes } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import { type Architecture, countMultiplyAdds } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { predictAll } from "../systems/evaluate.ts";
import type { System } from "../systems/system.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import {
  defaultFineTune,
  fineTuneFit,
  type FineTuneOptions,
  trainBatches,
  trainOn,
} from "./finetuning.ts";
import { batches, restore, type Run, type RunData } from "./run.ts";
import { scorePredictions } from "./score_run.ts";

/** A pruned network and what it scores. */
export interface PrunedModel {
  /** What the table calls it. */
  readonly name: string;
  /** The network, smaller where filters and units were removed. */
  readonly architecture: Architecture;
  /** The weights, pruned ones 0. */
  readonly weights: Weights;
  /** Absent where whole filters and units were removed. */
  readonly masks?: Masks;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** Bytes on disk in each format. */
  readonly sizes: StorageSizes;
  /** Multiply-adds for one image. */
  readonly multiplyAdds: number;
  /** Share of the weights that are zero. */
  readonly sparsity: number;
}

/**
 * A run's network pruned in each of the ways that the paper's text and code use, and in those that
 * help, without fine-tuning and with it. The run's own system does the fine-tuning.
 */
export async function pruneRun(
  run: Run,
  data: RunData,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
): Promise<PrunedModel[]> {
  const { architecture, seed } = run.configuration;
  const ways: readonly [string, PruningAmounts, "random" | "magnitude" | "structured"][] = [
    ["paper's text: random, conv 20 %, dense 40 %", paperAmounts, "random"],
    ["paper's code: magnitude, conv 20 %, dense 60 %", paperCodeAmounts, "magnitude"],
    ["magnitude, conv 20 %, dense 40 %", paperAmounts, "magnitude"],
    ["structured, conv 20 %, dense 40 %", paperAmounts, "structured"],
  ];
  const models = [await evaluate(run, data, "dense", architecture, run.weights, undefined)];
  for (const [i, [name, shares, way]] of ways.entries()) {
    const smaller = way === "structured"
      ? pruneStructured(architecture, run.weights, shares)
      : undefined;
    const masks = smaller
      ? undefined
      : way === "random"
      ? randomMasks(architecture, run.weights, shares, seed)
      : magnitudeMasks(architecture, run.weights, shares);
    const pruned = smaller?.weights ?? applyMasks(run.weights, masks!);
    const shape = smaller?.architecture ?? architecture;
    models.push(await evaluate(run, data, name, shape, pruned, masks));
    const tuned = await trainOn(run, data, shape, pruned, fineTuning, masks);
    models.push(await evaluate(run, data, `${name}, fine-tuned`, shape, tuned, masks));
    await onProgress?.(i + 1, ways.length);
  }
  return models;
}

/** One point of the curve of accuracy against sparsity. */
export interface CurvePoint {
  /** Whether each layer or the whole network was sorted by magnitude. */
  readonly scope: PruneScope;
  /** Share of the weights that are zero, from 0 to 1. */
  readonly sparsity: number;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
}

/** Sparsities of the curve, up to 98 %. */
export const curveSparsities: readonly number[] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

/** Iterative magnitude pruning, per layer and global: accuracy on the test images at each sparsity. */
export async function pruningCurve(
  run: Run,
  data: RunData,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
): Promise<CurvePoint[]> {
  const points: CurvePoint[] = [];
  const { test } = data;
  for (const scope of ["layer", "global"] as const) {
    const system = await restore(run);
    try {
      points.push({ scope, sparsity: 0, ...await scores(system, run, test) });
      const loader = trainBatches(run, data);
      await pruneIteratively(
        ...[system, loader, curveSparsities, scope, fineTuneFit(fineTuning)] as const,
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

async function scores(system: System, run: Run, test: RunData["test"]) {
  const given = await predictAll(system, batches(test, run.normalisation));
  const { top1, top5 } = scorePredictions(given);
  return { top1, top5 };
}

async function evaluate(
  run: Run,
  data: RunData,
  name: string,
  architecture: Architecture,
  weights: Weights,
  masks: Masks | undefined,
): Promise<PrunedModel> {
  const system = await createSystem(run.configuration.system, architecture);
  try {
    await system.setWeights(weights);
    return {
      ...{ name, architecture, weights, ...(masks ? { masks } : {}) },
      ...await scores(system, run, data.test),
      // PyTorch keeps the weights as they were before their mask
      sizes: await storageSizes(masks ? run.weights : weights, weights, masks ?? {}),
      multiplyAdds: countMultiplyAdds(architecture),
      sparsity: sparsity(weights),
    };
  } finally {
    system.dispose();
  }
}
