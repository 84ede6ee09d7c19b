import { calibrate } from "../compression/quantization/calibrate.ts";
import { encodeModel } from "../compression/quantization/file.ts";
import { IntegerNetwork } from "../compression/quantization/integer_network.ts";
import { type QuantizedModel, quantizeModel } from "../compression/quantization/model.ts";
import type { Granularity } from "../compression/quantization/quantize.ts";
import { fakeQuantize, trainQuantized } from "../compression/quantization/train.ts";
import { gzipSize } from "../compression/sparse_file.ts";
import { pruneStructured } from "../compression/structured.ts";
import { reportShares } from "../compression/shares.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct, topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Architecture } from "../systems/architecture.ts";
import { createSystem } from "../systems/create.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import { encodeSafetensors } from "../systems/safetensors.ts";
import type { Weights } from "../systems/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import { defaultFineTune, type FineTuneOptions } from "./pruning.ts";
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

/**
 * A run's network in int8: per tensor and per channel after training, per channel with
 * quantization-aware fine-tuning, and structured pruning with int8 on top.
 */
export async function quantizeRun(
  experiment: Experiment,
  run: Run,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
): Promise<QuantizedResult[]> {
  const { architecture, data: { train, test } } = experiment;
  const steps = 6;
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
  const addInt8 = async (
    name: string,
    shape: Architecture,
    weights: Weights,
    granularity: Granularity,
  ) => {
    // 512 training images show how far the activations reach
    const some = batches(train, run.normalisation, { batchSize: 512 });
    const first = { length: 1, samples: 512, [Symbol.asyncIterator]: () => take(some, 1) };
    const ranges = await calibrate(shape, weights, first);
    const model = quantizeModel(shape, weights, run.normalisation, granularity, ranges);
    const network = new IntegerNetwork(model);
    const logits = network.predict(test.pixels, test.length);
    const given = { logits, labels: test.labels, classes: network.classes };
    await add(name, given, encodeModel(model), model);
  };
  await add("float32", dense, encodeSafetensors(run.weights));
  // the report's way: numbers rounded to what int8 could hold, everything computed and stored in float32
  const fake = fakeQuantize(run.weights, "channel");
  const faked = await floatPredictions(experiment, run, architecture, fake);
  await add("fake-quantized: float32 inside", faked, encodeSafetensors(fake));
  await addInt8("int8, a scale a tensor", architecture, run.weights, "tensor");
  await addInt8("int8, a scale a channel", architecture, run.weights, "channel");
  const aware = await finetuneQuantized(experiment, run, architecture, run.weights, fineTuning);
  await addInt8("int8, quantization-aware", architecture, aware, "channel");
  const small = pruneStructured(architecture, run.weights, reportShares);
  const both = await finetuneQuantized(
    ...[experiment, run, small.architecture, small.weights, fineTuning] as const,
  );
  await addInt8("both: structured pruning + int8", small.architecture, both, "channel");
  return results;
}

async function finetuneQuantized(
  { data }: Experiment,
  run: Run,
  architecture: Architecture,
  weights: Weights,
  { epochs, learningRate }: FineTuneOptions,
): Promise<Weights> {
  const system = createSystem(run.system, architecture);
  const { batchSize, seed } = run.options;
  try {
    await system.setWeights(weights);
    const loader = batches(data.train, run.normalisation, { batchSize, seed, shuffle: true });
    const optimizer = { kind: "adam", learningRate } as const;
    return (await trainQuantized(system, "channel", loader, { epochs, optimizer })).weights;
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
  const system = createSystem(run.system, architecture);
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
