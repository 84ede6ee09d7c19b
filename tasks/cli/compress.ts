import type { Command } from "commander";
import { loadClassifier, saveClassifier } from "../../lib/classifier/classifier_file.ts";
import type { ClassifierModel, FloatNetwork } from "../../lib/classifier/classifier_model.ts";
import { fineTune, type PruneScope } from "../../lib/compression/finetune.ts";
import {
  applyMasks,
  globalMagnitudeMasks,
  magnitudeMasks,
  type Masks,
  sparsity,
} from "../../lib/compression/masks.ts";
import { calibrate } from "../../lib/compression/quantization/calibrate.ts";
import type { Granularity } from "../../lib/compression/quantization/quantize.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { pruneStructured } from "../../lib/compression/structured.ts";
import { countParameters } from "../../lib/model/architecture.ts";
import { type DatasetPixels, loadPixels } from "../../lib/pixels/load_pixels.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { fineTuneFit } from "../../lib/runs/finetuning.ts";
import { firstBatches } from "../../lib/runs/first_batches.ts";
import { batches } from "../../lib/runs/run.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { SetupError } from "../run.ts";
import { requireClasses } from "./evaluate.ts";
import { pathOf } from "../arguments.ts";
import { applyCompute, openData, outputPath } from "./files.ts";
import {
  addComputeOptions,
  addDataOptions,
  addOutputOptions,
  choice,
  type ComputeOptions,
  type DataOptions,
  type OutputOptions,
  real,
  whole,
} from "./options.ts";
import { byteCount, print } from "./output.ts";

/** What `compress` is told. */
interface CompressOptions extends DataOptions, ComputeOptions, OutputOptions {
  readonly prune?: number;
  readonly scope: PruneScope;
  readonly pruneFilters?: number;
  readonly pruneUnits?: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly batch: number;
  readonly seed: number;
  readonly int8?: boolean;
  readonly granularity: Granularity;
}

/** Batches of validation images that calibration looks at: a thousand images. */
const CALIBRATION_BATCHES = 4;

export function addCompress(program: Command): void {
  const command = program.command("compress")
    .description("Makes a classifier smaller: prunes it, trains it on, and turns it to int8.")
    .argument("<model>", "a classifier's file, in float32");
  addOutputOptions(command, "the smaller classifier's file");
  command
    .option("--prune <share>", "share of the weights that become zero: 0.6, say", real(0, 1))
    .addOption(
      choice("--scope <name>", "where the smallest weights are looked for", ["layer", "global"])
        .default("layer"),
    )
    .option("--prune-filters <share>", "share of each convolution's filters to remove", real(0, 1))
    .option("--prune-units <share>", "share of each dense layer's units to remove", real(0, 1))
    .option("--epochs <n>", "of training after pruning; 0 for none", whole(0), 3)
    .option("--learning-rate <x>", "of adam, in that training", real(0, Infinity, true), 1e-3)
    .option("--batch <n>", "images of a batch", whole(1), 256)
    .option("--seed <n>", "of the order of the images", whole(0), 1)
    .option("--int8", "store and compute in int8")
    .addOption(
      choice("--granularity <name>", "one scale for a layer, or for each of its channels", [
        "tensor",
        "channel",
      ]).default("channel"),
    );
  addComputeOptions(addDataOptions(command), "numpy").action(compress);
}

async function compress(model: string, options: CompressOptions): Promise<void> {
  const { prune, pruneFilters, pruneUnits, int8, epochs, json } = options;
  const prunes = [prune, pruneFilters, pruneUnits].some((share) => share !== undefined);
  if (!prunes && !int8) {
    throw new SetupError("say what to do: --prune, --prune-filters, --prune-units or --int8");
  }
  applyCompute(options);
  const from = pathOf(model);
  const classifier = await loadClassifier(from);
  if (classifier.network.numbers === "int8") {
    throw new SetupError(`${model} is in int8 already; compress the float32 classifier`);
  }
  const out = await outputPath(options);
  const data = int8 || epochs > 0 ? await pixelsFor(classifier, options) : undefined;
  const network = prunes ? await pruned(classifier.network, data, options) : classifier.network;
  const smaller: ClassifierModel = {
    ...classifier,
    network: int8 ? await quantized(network, data!, options) : network,
  };
  await saveClassifier(out, smaller);
  const bytes = (await Deno.stat(out)).size, before = (await Deno.stat(from)).size;
  const zeros = sparsity(network.weights), parameters = countParameters(network.architecture);
  print(json, {
    model: out,
    from,
    numbers: smaller.network.numbers,
    bytes,
    before,
    parameters,
    zeroWeights: zeros,
  }, [
    `${options.out}: ${smaller.network.numbers}, ${byteCount(bytes)}, ` +
    `${(bytes / before).toFixed(2)} of ${model}'s`,
    `${parameters.toLocaleString("en")} parameters, ${(100 * zeros).toFixed(1)} % of the weights ` +
    "are zero",
  ]);
}

async function pixelsFor(
  { classes, preprocessing }: ClassifierModel,
  options: CompressOptions,
): Promise<DatasetPixels> {
  const dataset = await openData(options);
  requireClasses({ classes }, dataset);
  return await loadPixels(dataset, preprocessing, {
    onProgress: progress("Preprocessing", "images"),
  });
}

/** The network with fewer filters, units and weights, trained on. */
async function pruned(
  network: FloatNetwork,
  data: DatasetPixels | undefined,
  { prune, scope, pruneFilters, pruneUnits, ...options }: CompressOptions,
): Promise<FloatNetwork> {
  const { architecture, weights } = pruneFilters === undefined && pruneUnits === undefined
    ? network
    : pruneStructured(
      network.architecture,
      network.weights,
      { conv: pruneFilters ?? 0, dense: pruneUnits ?? 0 },
    );
  const masks: Masks = prune === undefined
    ? {}
    : scope === "global"
    ? globalMagnitudeMasks(architecture, weights, prune)
    : magnitudeMasks(architecture, weights, { conv: prune, dense: prune });
  const smaller = { ...network, architecture, weights: applyMasks(weights, masks) };
  if (options.epochs === 0) return smaller;
  return { ...smaller, weights: await trainedOn(smaller, masks, data!, options) };
}

async function trainedOn(
  { architecture, weights, normalisation }: FloatNetwork,
  masks: Masks,
  data: DatasetPixels,
  options: Pick<
    CompressOptions,
    "system" | "backend" | "epochs" | "learningRate" | "batch" | "seed"
  >,
): Promise<FloatNetwork["weights"]> {
  const { system: name = "numpy", backend, epochs, learningRate, batch, seed } = options;
  using system = await createSystem(name, architecture, { ...backend && { backend } });
  await system.setWeights(weights);
  const train = batches(data.train, normalisation, { batchSize: batch, seed, shuffle: true });
  await fineTune(system, masks, train, {
    ...fineTuneFit({ epochs, learningRate }),
    onProgress: progress("Training on", "images"),
  });
  return await system.weights();
}

async function quantized(
  { architecture, weights, normalisation }: FloatNetwork,
  { val }: DatasetPixels,
  { granularity, seed }: CompressOptions,
): Promise<ClassifierModel["network"]> {
  const images = batches(val, normalisation, { batchSize: 256, shuffle: true, seed });
  const calibration = await calibrate(
    architecture,
    weights,
    firstBatches(images, CALIBRATION_BATCHES),
  );
  const model = quantizeModel(architecture, weights, normalisation, granularity, {
    ...calibration,
    keepZeros: true,
  });
  return { numbers: "int8", model };
}
