import { calibrate, type Calibration } from "../compression/quantization/calibrate.ts";
import { encodeModel } from "../compression/quantization/quantized_model_file.ts";
import { openInt8 } from "../compression/quantization/int8_network.ts";
import { type QuantizedModel, quantizeModel } from "../compression/quantization/quantized_model.ts";
import type { Granularity } from "../compression/quantization/quantize.ts";
import { fakeQuantize, trainQuantized } from "../compression/quantization/quantized_training.ts";
import { gzipSize } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import { kernelAmounts } from "../compression/pruning_amounts.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct, topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Architecture } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import {
  defaultFineTune,
  type FineTuneOptions,
  fitOptions,
  longFineTune,
  trainBatches,
  trainOn,
} from "./finetuning.ts";
import { batches, type Run } from "./run.ts";

/** A network in float32 or int8, and what it scores. */
export interface QuantizedResult {
  readonly name: string;
  readonly top1: Accuracy;
  readonly top5: Accuracy;
  /** Share of the test images for which it predicts the same class as the dense float32 network. */
  readonly agreement: number;
  /** Against the dense float32 network, on top-1. */
  readonly paired: PairedComparison;
  readonly bytes: number;
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
  experiment: Experiment,
  run: Run,
  training: QuantizationTraining = { aware: defaultFineTune, pruned: longFineTune },
  onProgress?: OnProgress,
): Promise<QuantizedResult[]> {
  const { architecture, data: { test } } = experiment;
  const steps = 8;
  const dense = await floatPredictions(experiment, run, architecture, run.weights);
  const results: QuantizedResult[] = [];
  const add = async (
    name: string,
    given: Predictions,
    file: Uint8Array,
    model?: QuantizedModel,
  ) => {
    results.push({
      name,
      top1: topK(given, 1),
      top5: topK(given, Math.min(5, given.classes)),
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
      await floatPredictions(experiment, run, architecture, weights),
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
  // the report's way: numbers rounded to what int8 could hold, everything computed and stored in float32
  await addFloat("fake-quantized: float32 inside", fakeQuantize(run.weights, "channel"));
  const found = await calibrateRun(experiment, run, architecture, run.weights);
  const nearest = { ranges: found.ranges };
  await addInt8("int8, each weight to the nearest", architecture, run.weights, "channel", nearest);
  await addInt8("int8, a scale a tensor", architecture, run.weights, "tensor", found);
  await addInt8("int8, a scale a channel", architecture, run.weights, "channel", found);
  const aware = await finetuneQuantized(experiment, run, training.aware);
  const { ranges } = await calibrateRun(experiment, run, architecture, aware);
  // it has learned with weights rounded to the nearest
  await addInt8("int8, quantization-aware", architecture, aware, "channel", { ranges });
  const on = [experiment, run, architecture, run.weights, training.pruned] as const;
  await addFloat("float32, trained on", await trainOn(...on));
  const small = pruneStructured(architecture, run.weights, kernelAmounts);
  const shape = small.architecture;
  const weights = await trainOn(experiment, run, shape, small.weights, training.pruned);
  const smallFound = await calibrateRun(experiment, run, shape, weights);
  await addInt8("both: structured pruning + int8", shape, weights, "channel", smallFound);
  return results;
}

/** Calibrates on 512 training images of all classes. */
async function calibrateRun(
  experiment: Experiment,
  run: Run,
  architecture: Architecture,
  weights: Weights,
): Promise<Calibration> {
  const { train } = experiment.data;
  const batchSize = Math.min(512, train.length);
  const some = batches(train, run.normalisation, { batchSize, seed: 1, shuffle: true });
  const first = { length: 1, samples: batchSize, [Symbol.asyncIterator]: () => take(some, 1) };
  return await calibrate(architecture, weights, first);
}

async function finetuneQuantized(
  experiment: Experiment,
  run: Run,
  options: FineTuneOptions,
): Promise<Weights> {
  const system = await createSystem(run.system, experiment.architecture);
  try {
    await system.setWeights(run.weights);
    const loader = trainBatches(experiment, run, options.augmentation);
    return (await trainQuantized(system, "channel", loader, fitOptions(options))).weights;
  } finally {
    system.dispose();
  }
}

async function floatPredictions(
  { data }: Experiment,
  run: Run,
  architecture: Architecture,
  weights: Weights,
): Promise<Predictions> {
  const system = await createSystem(run.system, architecture);
  try {
    await system.setWeights(weights);
    return await predictAll(system, batches(data.test, run.normalisation));
  } finally {
    system.dispose();
  }
}

/** Share of images with the same highest logit. */
function agreement(a: Predictions, b: Predictions): number {
  const best = ({ logits, classes }: Predictions, n: number) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    return row.indexOf(row.reduce((x, y) => Math.max(x, y), -Infinity));
  };
  const same = a.labels.reduce((sum, _, n) => sum + Number(best(a, n) === best(b, n)), 0);
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
