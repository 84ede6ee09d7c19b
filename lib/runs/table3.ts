import { randomMasks } from "../compression/masks.ts";
import { IntegerNetwork } from "../compression/quantization/integer_network.ts";
import { type ReportedCompression, ReportedSystem } from "../compression/reported.ts";
import { reportShares } from "../compression/shares.ts";
import { pruneStructured } from "../compression/structured.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct, topK } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { PixelSet } from "../pixels/pixels.ts";
import { type Architecture, countParameters } from "../systems/architecture.ts";
import { createSystem } from "../systems/create.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import type { System } from "../systems/system.ts";
import type { Weights } from "../systems/weights.ts";
import { encodeSafetensors } from "../systems/safetensors.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import { defaultFineTune } from "./pruning.ts";
import type { QuantizedResult } from "./quantization.ts";
import { batches, type Run } from "./run.ts";

/** A row of Table III. */
export interface CompressionRow {
  readonly name: string;
  readonly system: "torch" | "numpy";
  /** Seconds of one epoch of training with it. */
  readonly epochSeconds?: number;
  /** Images a second, batches of 256 and single images. */
  readonly rate256: number;
  readonly rate1: number;
  readonly fileBytes: number;
  /** Bytes of all numbers that stand for weights while it runs. */
  readonly memoryBytes: number;
  readonly top1: Accuracy;
  readonly top5: Accuracy;
  /** Against its own system's dense network, on top-1; absent for that one. */
  readonly paired?: PairedComparison;
}

/**
 * The report's four systems: dense, pruned by masks, quantized in float32, both. Each goes on from a
 * run's weights for one epoch, which is what the report timed.
 */
export async function reportedRows(
  experiment: Experiment,
  run: Run,
  onProgress?: OnProgress,
): Promise<CompressionRow[]> {
  const { architecture, data } = experiment;
  const masks = randomMasks(architecture, run.weights, reportShares, run.options.seed);
  const variants: readonly [string, ReportedCompression][] = [
    ["LeNet5 Torch", {}],
    ["+ pruning, as reported", { masks }],
    ["+ quantization, as reported", { fakeQuantize: true }],
    ["+ both, as reported", { masks, fakeQuantize: true }],
  ];
  const rows: CompressionRow[] = [];
  let dense: boolean[] | undefined;
  for (const [name, compression] of variants) {
    const system = new ReportedSystem(architecture, compression);
    try {
      await system.setWeights(run.weights);
      const epochSeconds = await oneEpoch(system, experiment, run);
      const weights = await system.weights();
      const masked = Object.values(compression.masks ?? {});
      const maskNumbers = masked.reduce((sum, { length }) => sum + length, 0);
      const predicted = await predictAll(system, batches(data.test, run.normalisation));
      rows.push({
        ...{ name, system: "torch", epochSeconds },
        ...await rates((images, count) => system.predict(images, count), data.test, run),
        // PyTorch keeps a float32 mask beside each masked weight
        fileBytes: encodeSafetensors(weights).length + 4 * maskNumbers,
        memoryBytes: 4 * (countParameters(architecture) + maskNumbers),
        ...scores(predicted, dense),
      });
      dense ??= correct(predicted);
    } finally {
      system.dispose();
    }
    await onProgress?.(rows.length, variants.length);
  }
  return rows;
}

/**
 * What compresses: filters and units removed, int8 in whole numbers, and both. The int8 networks run in
 * the readable reference, which is exact and not made for speed.
 * @param quantized of the same run
 */
export async function compressedRows(
  experiment: Experiment,
  run: Run,
  quantized: readonly QuantizedResult[],
): Promise<CompressionRow[]> {
  const { architecture, data } = experiment;
  const rows: CompressionRow[] = [];
  let dense: boolean[] | undefined;
  const addFloat = async (name: string, shape: Architecture, weights: Weights, tune: boolean) => {
    const system = createSystem("numpy", shape, { threads: 1 });
    try {
      await system.setWeights(weights);
      const epochs = tune ? defaultFineTune.epochs : 1;
      let epochSeconds = await oneEpoch(system, experiment, run);
      for (let i = 1; i < epochs; i++) epochSeconds = await oneEpoch(system, experiment, run);
      if (!tune) await system.setWeights(weights);
      const predicted = await predictAll(system, batches(data.test, run.normalisation));
      rows.push({
        ...{ name, system: "numpy", epochSeconds },
        ...await rates((images, count) => system.predict(images, count), data.test, run),
        fileBytes: encodeSafetensors(await system.weights()).length,
        memoryBytes: 4 * countParameters(shape),
        ...scores(predicted, dense),
      });
      dense ??= correct(predicted);
    } finally {
      system.dispose();
    }
  };
  await addFloat("LeNet5 Numpy, dense", architecture, run.weights, false);
  const small = pruneStructured(architecture, run.weights, reportShares);
  await addFloat("filters and units removed", small.architecture, small.weights, true);
  for (const { name, model, bytes } of quantized) {
    if (!model) continue;
    const network = new IntegerNetwork(model);
    const { test } = data;
    const logits = network.predict(test.pixels, test.length);
    const predicted = { logits, labels: test.labels, classes: network.classes };
    const some = Math.min(64, test.length);
    rows.push({
      ...{ name, system: "numpy" },
      rate256: rateOf(await secondsOf(() => network.predict(test.pixels, some), 3), some),
      rate1: rateOf(await secondsOf(() => network.predict(test.pixels, 1), 15), 1),
      fileBytes: bytes,
      memoryBytes: model.layers.reduce(
        (sum, { weight, bias }) => sum + weight.values.length + 4 * bias.length,
        0,
      ),
      ...scores(predicted, dense),
    });
  }
  return rows;
}

/** Trains for an epoch at the fine-tuning rate. @returns its seconds, evaluation not counted */
async function oneEpoch(system: System, { data }: Experiment, run: Run): Promise<number> {
  const { batchSize, seed } = run.options;
  const loader = batches(data.train, run.normalisation, { batchSize, seed, shuffle: true });
  const optimizer = { kind: "adam", learningRate: defaultFineTune.learningRate } as const;
  const [epoch] = await system.fit(loader, { epochs: 1, optimizer });
  return epoch!.seconds;
}

async function rates(
  predict: (images: Float32Array, count: number) => Promise<Float32Array>,
  test: PixelSet,
  run: Run,
): Promise<Pick<CompressionRow, "rate256" | "rate1">> {
  const loader = batches(test, run.normalisation, { batchSize: Math.min(256, test.length) });
  const { value } = await loader[Symbol.asyncIterator]().next();
  const { images, size } = value!;
  return {
    rate256: rateOf(await secondsOf(() => predict(images, size), 7), size),
    rate1: rateOf(await secondsOf(() => predict(images, 1), 50), 1),
  };
}

/** Seconds of each of some calls, after a warm-up. */
async function secondsOf(call: () => unknown, rounds: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const start = performance.now();
    await call();
    if (round >= 0) seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** Images a second, by the median call. */
function rateOf(seconds: readonly number[], images: number): number {
  return images / seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!;
}

function scores(predicted: Predictions, dense: readonly boolean[] | undefined) {
  return {
    top1: topK(predicted, 1),
    top5: topK(predicted, Math.min(5, predicted.classes)),
    ...(dense ? { paired: mcnemar(dense, correct(predicted)) } : {}),
  };
}
