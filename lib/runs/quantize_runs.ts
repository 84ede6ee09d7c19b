import { calibrate, type Calibration } from "../compression/quantization/calibrate.ts";
import { encodeModel } from "../compression/quantization/quantized_model_file.ts";
import { openInt8 } from "../compression/quantization/int8_network.ts";
import { type QuantizedModel, quantizeModel } from "../compression/quantization/quantized_model.ts";
import {
  dequantize,
  type Granularity,
  quantizeWeights,
} from "../compression/quantization/quantize.ts";
import { fakeQuantize, trainQuantized } from "../compression/quantization/quantized_training.ts";
import { gzipSize } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import { kernelAmounts } from "../compression/pruning_amounts.ts";
import { predictedLabels } from "../metrics/confusion.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Architecture } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import {
  defaultFineTune,
  fineTuneFit,
  type FineTuneOptions,
  longFineTune,
  trainBatches,
  trainOn,
} from "./finetuning.ts";
import { batches, type Run, type RunData } from "./run.ts";
import { scorePredictions } from "./score_run.ts";

/** A network in float32 or int8, and what it scores. */
export interface QuantizedResult {
  /** What the table calls it. */
  readonly name: string;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** Share of the test images for which it predicts the same class as the dense float32 network. */
  readonly agreement: number;
  /** Against the dense float32 network, on top-1. */
  readonly paired: PairedComparison;
  /** Size of its file. */
  readonly bytes: number;
  /** Size of its file after gzip, in bytes. */
  readonly gzip: number;
  /** Absent where the arithmetic is float32. */
  readonly model?: QuantizedModel;
}

/** How the networks of `quantizeRun` are trained on. */
export interface QuantizationTraining {
  /** With rounded weights, from the run's own. */
  readonly aware: FineTuneOptions;
  /** After filters and units were removed, and the dense network in the same way. */
  readonly pruned: FineTuneOptions;
}

/**
 * A run's network in int8: after training, with quantization-aware fine-tuning, and with structured
 * pruning before it. Since the pruned one is trained on, so is the dense one, to compare it with.
 */
export async function quantizeRun(
  run: Run,
  data: RunData,
  training: QuantizationTraining = { aware: defaultFineTune, pruned: longFineTune },
  onProgress?: OnProgress,
): Promise<QuantizedResult[]> {
  const { architecture } = run.configuration;
  const { test } = data;
  const steps = 8;
  const dense = await floatPredictions(run, data, architecture, run.weights);
  const results: QuantizedResult[] = [];
  const add = async (
    name: string,
    given: Predictions,
    file: Uint8Array,
    model?: QuantizedModel,
  ) => {
    const { top1, top5 } = scorePredictions(given);
    results.push({
      ...{ name, top1, top5 },
      agreement: agreement(given, dense),
      paired: mcnemar(correct(dense), correct(given)),
      bytes: file.length,
      gzip: await gzipSize(file),
      ...(model ? { model } : {}),
    });
    await onProgress?.(results.length, steps);
  };
  const addFloat = async (name: string, weights: Weights) =>
    await add(
      name,
      await floatPredictions(run, data, architecture, weights),
      encodeSafetensors(weights),
    );
  const addInt8 = async (
    name: string,
    shape: Architecture,
    weights: Weights,
    granularity: Granularity,
    calibration: Partial<Calibration>,
  ) => {
    const model = quantizeModel(shape, weights, run.normalisation, granularity, calibration);
    const network = await openInt8(model);
    const logits = network.predict(test.pixels, test.length);
    const given = { logits, labels: test.labels, classes: network.classes };
    await add(name, given, encodeModel(model), model);
  };
  await add("float32", dense, encodeSafetensors(run.weights));
  // the paper's way: numbers rounded to what int8 could hold, everything computed and stored in float32
  await addFloat("fake-quantized: float32 inside", fakeQuantize(run.weights, "channel"));
  const found = await calibrateRun(run, data, architecture, run.weights);
  const nearest = { ranges: found.ranges };
  await addInt8(
    "int8, per channel, each weight rounded to the nearest",
    architecture,
    run.weights,
    "channel",
    nearest,
  );
  await addInt8("int8, per tensor", architecture, run.weights, "tensor", found);
  await addInt8("int8, per channel", architecture, run.weights, "channel", found);
  const aware = await finetuneQuantized(run, data, training.aware);
  const { ranges } = await calibrateRun(run, data, architecture, aware);
  // it has learned with weights rounded to the nearest
  await addInt8("int8, quantization-aware", architecture, aware, "channel", { ranges });
  const on = [run, data, architecture, run.weights, training.pruned] as const;
  await addFloat("float32, trained on", await trainOn(...on));
  const small = pruneStructured(architecture, run.weights, kernelAmounts);
  const shape = small.architecture;
  const weights = await trainOn(run, data, shape, small.weights, training.pruned);
  const smallFound = await calibrateRun(run, data, shape, weights);
  await addInt8("both: structured pruning and int8", shape, weights, "channel", smallFound);
  return results;
}

/** How far rounding to int8 moves one array of weights: root mean square, as a share of the weights'. */
export interface RoundingError {
  /** Name of the array. */
  readonly name: string;
  /** With one scale for the whole tensor. */
  readonly tensor: number;
  /** With a scale for each channel. */
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
  const first = { length: 1, samples: batchSize, [Symbol.asyncIterator]: () => take(some, 1) };
  return await calibrate(architecture, weights, first);
}

async function finetuneQuantized(
  run: Run,
  data: RunData,
  options: FineTuneOptions,
): Promise<Weights> {
  const system = await createSystem(run.configuration.system, run.configuration.architecture);
  try {
    await system.setWeights(run.weights);
    const loader = trainBatches(run, data, options.augmentation);
    return (await trainQuantized(system, "channel", loader, fineTuneFit(options))).weights;
  } finally {
    system.dispose();
  }
}

async function floatPredictions(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
): Promise<Predictions> {
  const system = await createSystem(run.configuration.system, architecture);
  try {
    await system.setWeights(weights);
    return await predictAll(system, batches(data.test, run.normalisation));
  } finally {
    system.dispose();
  }
}

/** Share of images with the same highest logit. */
function agreement(a: Predictions, b: Predictions): number {
  const [first, second] = [predictedLabels(a), predictedLabels(b)];
  const same = first.reduce((sum, label, n) => sum + Number(label === second[n]), 0);
  return same / a.labels.length;
}

/** The first `count` of some batches. */
async function* take<T>(all: AsyncIterable<T>, count: number): AsyncGenerator<T, void, void> {
  let taken = 0;
  for await (const one of all) {
    yield one;
    if (++taken >= count) return;
  }
}
