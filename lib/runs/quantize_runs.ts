import { calibrate, type Calibration } from "../compression/quantization/calibrate.ts";
import { encodeModel } from "../compression/quantization/quantized_model_file.ts";
import { openInt8 } from "../compression/quantization/int8_network.ts";
import { type QuantizedModel, quantizeModel } from "../compression/quantization/quantized_model.ts";
import {
  dequantize,
  type Granularity,
  quantizeWeights,
} from "../compression/quantization/quantize.ts";
import { fakeQuantize } from "../compression/quantization/quantized_training.ts";
import { gzipSize } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import { kernelAmounts } from "../compression/pruning_amounts.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Architecture } from "../model/architecture.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { asFamilyOfNetworks, compare, type Comparison } from "./comparison.ts";
import { defaultFineTune, type FineTuneOptions, longFineTune, moreEpochs } from "./finetuning.ts";
import type { Experiment } from "./experiment.ts";
import { finetuneQuantized, furtherTraining, trainFurther } from "./further_trainings.ts";
import { firstBatches } from "./first_batches.ts";
import { batches, type Run, type RunData, systemOf } from "./run.ts";
import { scorePredictions } from "./score_run.ts";
import { sideBySide } from "./side_by_side.ts";
import { untilStopped } from "./stopped.ts";

/** A network in float32 or int8, and what it scores. */
export interface QuantizedResult {
  /** What the table calls it. */
  readonly name: string;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** What it is compared with; absent for a network that others are compared with. */
  readonly comparison?: Comparison;
  /** Epochs of training after the run's own. */
  readonly moreEpochs: number;
  /** Size of its file, in bytes. */
  readonly bytes: number;
  /** Size of its file after gzip, in bytes. */
  readonly gzip: number;
  /** The network, smaller where filters and units were removed. */
  readonly architecture: Architecture;
  /** The float32 weights; those of an int8 network are the ones that it was made from. */
  readonly weights: Weights;
  /** Absent where the arithmetic is float32. */
  readonly model?: QuantizedModel;
}

/** How the networks of `quantizeRun` are trained on. */
export interface QuantizationTraining {
  /** Quantization-aware training of the run's network, and of its control without rounding. */
  readonly aware: FineTuneOptions;
  /** Training after filters and units were removed, and of the dense network that is its control. */
  readonly pruned: FineTuneOptions;
}

/** How many networks `quantizeRun` returns. */
const NETWORKS = 11;

/**
 * A run's network in int8: after training, with quantization-aware fine-tuning, and with structured
 * pruning before it. Whatever is trained on has a control in the same list: the dense float32 network,
 * trained on for as many epochs in the same way. If the listener stops the work, the networks that are
 * finished are the result.
 * @param experiment of the same images; with it several trainings go on at a time, see `sideBySide`
 */
export async function quantizeRun(
  run: Run,
  data: RunData,
  training: QuantizationTraining = { aware: defaultFineTune, pruned: longFineTune },
  onProgress?: OnProgress,
  experiment?: Experiment,
): Promise<QuantizedResult[]> {
  const { architecture } = run.configuration;
  const { test } = data;
  const { epochs: few } = training.aware, { epochs: many } = training.pruned;
  const joined = new JoinedProgress(2 * few + 2 * many + NETWORKS, onProgress);
  const results: QuantizedResult[] = [];
  const answers = new Map<string, Predictions>();
  const add = async (
    { name, given, file, control, ...rest }:
      & Pick<QuantizedResult, "name" | "architecture" | "weights" | "moreEpochs" | "model">
      & { readonly given: Predictions; readonly file: Uint8Array; readonly control?: string },
  ) => {
    const { top1, top5 } = scorePredictions(given);
    const other = control === undefined ? undefined : answers.get(control)!;
    answers.set(name, given);
    results.push({
      name,
      top1,
      top5,
      ...rest,
      ...(control !== undefined && other ? { comparison: compare(control, other, given) } : {}),
      bytes: file.length,
      gzip: await gzipSize(file),
    });
    await joined.finish();
  };
  const addFloat = async (
    name: string,
    shape: Architecture,
    weights: Weights,
    moreEpochs: number,
    control?: string,
  ) => {
    const given = await floatPredictions(run, data, shape, weights);
    const file = encodeSafetensors(weights);
    const compared = control === undefined ? {} : { control };
    await add({ name, architecture: shape, weights, moreEpochs, given, file, ...compared });
  };
  const addInt8 = async (
    name: string,
    shape: Architecture,
    weights: Weights,
    moreEpochs: number,
    control: string,
    calibration: Partial<Calibration>,
    granularity: Granularity = "channel",
  ) => {
    const model = quantizeModel(shape, weights, run.normalisation, granularity, calibration);
    const network = await openInt8(model);
    const logits = network.predict(test.pixels, test.length);
    const given = { logits, labels: test.labels, classes: network.classes };
    const file = encodeModel(model);
    await add({ name, architecture: shape, weights, moreEpochs, model, given, file, control });
  };

  await untilStopped(results, async () => {
    const { weights } = run, dense = "float32";
    await addFloat(dense, architecture, weights, 0);
    // as the paper's text says: numbers rounded to what int8 could hold, all computed and stored in float32
    const fake = "fake-quantized: float32 inside";
    await addFloat(fake, architecture, fakeQuantize(weights, "channel"), 0, dense);
    const found = await calibrateRun(run, data, architecture, weights);
    const { ranges } = found;
    const nearest = "int8, per channel, each weight rounded to the nearest";
    await addInt8("int8, per tensor", architecture, weights, 0, dense, found, "tensor");
    await addInt8(nearest, architecture, weights, 0, dense, { ranges });
    await addInt8("int8, per channel", architecture, weights, 0, dense, found);

    const small = pruneStructured(architecture, weights, kernelAmounts), shape = small.architecture;
    const { aware: shortly, pruned: longer } = training;
    const works = [
      furtherTraining(run, trainFurther, shortly, architecture, weights),
      furtherTraining(run, finetuneQuantized, shortly),
      furtherTraining(run, trainFurther, longer, architecture, weights),
      furtherTraining(run, trainFurther, longer, shape, small.weights),
    ];
    const told = { onProgress: joined.part(2 * few + 2 * many) };
    const trained = await sideBySide(experiment ?? { data }, works, told);
    const [shortOn, aware, longOn, smallOn] = trained as [Weights, Weights, Weights, Weights];
    const short = `float32, ${moreEpochs(few)}`;
    await addFloat(short, architecture, shortOn, few);
    // only the ranges: this network has learned with weights that are rounded to the nearest number
    const awareRanges = { ranges: (await calibrateRun(run, data, architecture, aware)).ranges };
    await addInt8("int8, quantization-aware", architecture, aware, few, short, awareRanges);

    // the same number of epochs in both trainings must not give two networks one name
    const long =
      `float32, ${moreEpochs(many)}${training.pruned.augmentation ? ", augmented" : ""}` +
      (few === many && !training.pruned.augmentation ? " (control of pruning)" : "");
    await addFloat(long, architecture, longOn, many);
    const longFound = await calibrateRun(run, data, architecture, longOn);
    await addInt8(
      `int8, per channel, ${moreEpochs(many)}`,
      architecture,
      longOn,
      many,
      long,
      longFound,
    );
    await addFloat(`structured pruning, ${moreEpochs(many)}`, shape, smallOn, many, long);
    const smallFound = await calibrateRun(run, data, shape, smallOn);
    await addInt8("both: structured pruning and int8", shape, smallOn, many, long, smallFound);
  });
  return asFamilyOfNetworks(results);
}

/** How far rounding to int8 moves one array of weights: root mean square, as a share of the weights'. */
export interface RoundingError {
  /** Name of the array. */
  readonly name: string;
  /** The error with one scale for the whole tensor. */
  readonly tensor: number;
  /** The error with a scale for each channel. */
  readonly channel: number;
}

/** The rounding errors of a network's weights; biases are not rounded. */
export function roundingErrors(weights: Weights): RoundingError[] {
  const error = (name: string, granularity: Granularity) => {
    const array = weights[name]!;
    const back = dequantize(quantizeWeights(array, granularity));
    const squares = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
    return Math.sqrt(squares(array.data.map((x, i) => x - back[i]!)) / squares(array.data));
  };
  return Object.keys(weights).filter((name) => name.endsWith(".weight")).map((name) => ({
    name,
    tensor: error(name, "tensor"),
    channel: error(name, "channel"),
  }));
}

/** Calibrates on 512 training images of all classes. */
async function calibrateRun(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
): Promise<Calibration> {
  const { train } = data;
  const batchSize = Math.min(512, train.length);
  const some = batches(train, run.normalisation, { batchSize, seed: 1, shuffle: true });
  return await calibrate(architecture, weights, firstBatches(some, 1));
}

async function floatPredictions(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
): Promise<Predictions> {
  const system = await systemOf(run.configuration, architecture);
  try {
    await system.setWeights(weights);
    return await predictAll(system, batches(data.test, run.normalisation));
  } finally {
    system.dispose();
  }
}
