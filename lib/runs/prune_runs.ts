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
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import type { Weights } from "../model/weights.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { asFamilyOfNetworks, compare, type Comparison } from "./comparison.ts";
import { defaultFineTune, type FineTuneOptions, moreEpochs, trainOn } from "./finetuning.ts";
import { batches, type Run, type RunData, systemOf } from "./run.ts";
import { scorePredictions } from "./score_run.ts";
import { untilStopped } from "./stopped.ts";

/** A pruned network and what it scores. */
export interface PrunedModel {
  /** What the table calls it. */
  readonly name: string;
  /** The network, smaller where filters and units were removed. */
  readonly architecture: Architecture;
  /** The weights, pruned ones 0. */
  readonly weights: Weights;
  /** Which weights were pruned; absent where whole filters and units were removed. */
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
  /** What it is compared with; absent for a dense network, which others are compared with. */
  readonly comparison?: Comparison;
}

/** How much `pruneRun` prunes; the paper's two ways have amounts of their own. */
export interface PruneRunOptions {
  /** How the pruned networks, and the dense one beside them, are trained on. */
  readonly fineTuning?: FineTuneOptions;
  /** Amounts of magnitude and of structured pruning; default: those in the paper's text. */
  readonly amounts?: PruningAmounts;
}

/**
 * A run's network pruned in each of the ways that the paper's text and code use, and in those that
 * help, without fine-tuning and with it. The run's own system does the fine-tuning. A network that was
 * trained on is compared with the dense network trained on for as long, any other with the dense one. If
 * the listener stops the work, the networks that are finished are the result.
 */
export async function pruneRun(
  run: Run,
  data: RunData,
  { fineTuning = defaultFineTune, amounts = paperAmounts }: PruneRunOptions = {},
  onProgress?: OnProgress,
): Promise<PrunedModel[]> {
  const { architecture, seed } = run.configuration;
  const more = moreEpochs(fineTuning.epochs);
  const own = describeAmounts(amounts);
  const ways: readonly [string, PruningAmounts, "random" | "magnitude" | "structured"][] = [
    [`paper's text: random, ${describeAmounts(paperAmounts)}`, paperAmounts, "random"],
    [
      `amounts of the paper's code: magnitude, ${describeAmounts(paperCodeAmounts)}`,
      paperCodeAmounts,
      "magnitude",
    ],
    [`magnitude, ${own}`, amounts, "magnitude"],
    [`structured, ${own}`, amounts, "structured"],
  ];
  const joined = new JoinedProgress((ways.length + 1) * (fineTuning.epochs + 1), onProgress);
  const trainFurther = (shape: Architecture, from: Weights, masks?: Masks) =>
    trainOn(run, data, shape, from, fineTuning, masks, joined.part(fineTuning.epochs));
  const asItWas: Control = { name: "dense" }, trainedOn: Control = { name: `dense, ${more}` };
  const models = [await evaluate(run, data, asItWas, architecture, run.weights)];
  await untilStopped(models, async () => {
    const longer = await trainFurther(architecture, run.weights);
    models.push(await evaluate(run, data, trainedOn, architecture, longer));
    await joined.finish();
    for (const [name, shares, way] of ways) {
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
      models.push(await evaluate(run, data, { name }, shape, pruned, masks, asItWas));
      const tuned = await trainFurther(shape, pruned, masks);
      const named = { name: `${name}, ${more}` };
      models.push(await evaluate(run, data, named, shape, tuned, masks, trainedOn));
      await joined.finish();
    }
  });
  return asFamilyOfNetworks(models);
}

/** "conv 20 %, dense 40 %" */
function describeAmounts({ conv = 0, dense = 0, layers = {} }: PruningAmounts): string {
  const parts = [["conv", conv], ["dense", dense], ...Object.entries(layers)] as const;
  return parts.map(([kind, share]) => `${kind} ${Math.round(1000 * share) / 10} %`).join(", ");
}

/** A network by its name, and its answers once it has given them. */
interface Control {
  readonly name: string;
  given?: Predictions;
}

/** Scores a network, and keeps its answers if others are to be compared with it. */
async function evaluate(
  run: Run,
  data: RunData,
  named: Control,
  architecture: Architecture,
  weights: Weights,
  masks?: Masks,
  control?: Control,
): Promise<PrunedModel> {
  const system = await systemOf(run.configuration, architecture);
  try {
    await system.setWeights(weights);
    const given = await predictAll(system, batches(data.test, run.normalisation));
    named.given = given;
    const { top1, top5 } = scorePredictions(given);
    return {
      name: named.name,
      architecture,
      weights,
      top1,
      top5,
      ...(masks ? { masks } : {}),
      ...(control ? { comparison: compare(control.name, control.given!, given) } : {}),
      // PyTorch keeps the weights as they were before their mask
      sizes: await storageSizes(masks ? run.weights : weights, weights, masks ?? {}),
      multiplyAdds: countMultiplyAdds(architecture),
      sparsity: sparsity(weights),
    };
  } finally {
    system.dispose();
  }
}
