import { randomMasks } from "../compression/masks.ts";
import { openInt8 } from "../compression/quantization/int8_network.ts";
import type { PaperCompression } from "../compression/paper_compression.ts";
import { paperAmounts } from "../compression/pruning_amounts.ts";
import { pruneStructured } from "../compression/structured.ts";
import { mcnemar, type PairedComparison } from "../metrics/mcnemar.ts";
import { correct } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { PixelSet } from "../pixels/pixels.ts";
import { countParameters } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import type { System } from "../systems/system.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { OnProgress } from "../util/progress.ts";
import { defaultFineTune } from "./finetuning.ts";
import type { QuantizedResult } from "./quantize_runs.ts";
import { batches, type Run, type RunData } from "./run.ts";
import { scorePredictions } from "./score_run.ts";
import { type Inference, ratesInTurns } from "./timing.ts";

/** A row of Table III. */
export interface CompressionRow {
  /** What the table calls it. */
  readonly name: string;
  /** What computes. */
  readonly system: "torch" | "numpy";
  /** Seconds of one epoch of training with it. */
  readonly epochSeconds?: number;
  /** Images a second, batches of 256 and single images. */
  readonly rate256: number;
  /** Images a second, one image at a time. */
  readonly rate1: number;
  /** Size of its file. */
  readonly fileBytes: number;
  /** Bytes of all numbers that stand for weights while it runs. */
  readonly memoryBytes: number;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** Against its own system's dense network, on top-1; absent for that one. */
  readonly paired?: PairedComparison;
}

/**
 * The paper's four systems: dense, pruned by masks, quantized in float32, both. Each goes on from a
 * run's weights for one epoch, which is what the paper timed.
 */
export async function paperRows(
  run: Run,
  data: RunData,
  onProgress?: OnProgress,
): Promise<CompressionRow[]> {
  const { architecture, seed } = run.configuration;
  const masks = randomMasks(architecture, run.weights, paperAmounts, seed);
  const variants: readonly [string, PaperCompression][] = [
    ["LeNet5 Torch", {}],
    ["+ pruning, as in the paper", { masks }],
    ["+ quantization, as in the paper", { fakeQuantize: true }],
    ["+ both, as in the paper", { masks, fakeQuantize: true }],
  ];
  // not before it is needed: it opens a backend of TensorFlow.js
  const { PaperCompressedSystem } = await import("../compression/paper_compression.ts");
  const rows: Unrated[] = [];
  const systems: System[] = [];
  let dense: boolean[] | undefined;
  try {
    for (const [name, compression] of variants) {
      const system = new PaperCompressedSystem(architecture, compression);
      systems.push(system);
      await system.setWeights(run.weights);
      const epochSeconds = await oneEpoch(system, run, data);
      const masked = Object.values(compression.masks ?? {});
      const maskNumbers = masked.reduce((sum, { length }) => sum + length, 0);
      const predicted = await predictAll(system, batches(data.test, run.normalisation));
      rows.push({
        ...{ name, system: "torch", epochSeconds },
        // PyTorch keeps a float32 mask beside each masked weight
        fileBytes: encodeSafetensors(await system.weights()).length + 4 * maskNumbers,
        memoryBytes: 4 * (countParameters(architecture) + maskNumbers),
        ...scores(predicted, dense),
      });
      dense ??= correct(predicted);
      await onProgress?.(rows.length, variants.length);
    }
    return await rated(rows, await inference(systems, data.test, run), data.test.length);
  } finally {
    for (const system of systems) system.dispose();
  }
}

/**
 * The networks that are smaller in fact: filters and units removed, int8 in whole numbers, and both.
 * Each is measured on one thread.
 * @param quantized results of the same run
 */
export async function compressedRows(
  run: Run,
  data: RunData,
  quantized: readonly QuantizedResult[],
): Promise<CompressionRow[]> {
  const { architecture } = run.configuration;
  const { test } = data;
  const small = pruneStructured(architecture, run.weights, paperAmounts);
  const networks = [
    ["LeNet5 Numpy, dense", architecture, run.weights],
    ["filters and units removed", small.architecture, small.weights],
  ] as const;
  const rows: Unrated[] = [];
  const systems: System[] = [];
  let dense: boolean[] | undefined;
  try {
    for (const [name, shape, weights] of networks) {
      const system = await createSystem("numpy", shape, { threads: 1 });
      systems.push(system);
      await system.setWeights(weights);
      const epochSeconds: number[] = [];
      for (let epoch = 0; epoch < defaultFineTune.epochs; epoch++) {
        epochSeconds.push(await oneEpoch(system, run, data));
      }
      // the dense network was trained on only to take its seconds
      if (!dense) await system.setWeights(weights);
      const predicted = await predictAll(system, batches(test, run.normalisation));
      rows.push({
        ...{ name, system: "numpy", epochSeconds: Math.min(...epochSeconds) },
        fileBytes: encodeSafetensors(await system.weights()).length,
        memoryBytes: 4 * countParameters(shape),
        ...scores(predicted, dense),
      });
      dense ??= correct(predicted);
    }
    const calls = await inference(systems, test, run);
    for (const result of quantized) {
      if (!result.model) continue;
      const network = await openInt8(result.model);
      const logits = network.predict(test.pixels, test.length);
      rows.push({
        ...{ name: result.name, system: "numpy", fileBytes: result.bytes },
        memoryBytes: result.model.layers.reduce(
          (sum, { weight, bias }) => sum + weight.values.length + 4 * bias.length,
          0,
        ),
        ...scores({ logits, labels: test.labels, classes: network.classes }, dense),
      });
      calls.push((count) => network.predict(test.pixels, count));
    }
    return await rated(rows, calls, test.length);
  } finally {
    for (const system of systems) system.dispose();
  }
}

/** A row whose speed has not been measured. */
type Unrated = Omit<CompressionRow, "rate256" | "rate1">;

/** The systems' inference on the first test images, which are normalised before. */
async function inference(
  systems: readonly System[],
  test: PixelSet,
  run: Run,
): Promise<Inference[]> {
  const loader = batches(test, run.normalisation, { batchSize: Math.min(256, test.length) });
  const { value } = await loader[Symbol.asyncIterator]().next();
  const { images, size } = value!, pixels = images.length / size;
  return systems.map((system) => (count) =>
    system.predict(images.subarray(0, count * pixels), count)
  );
}

/** Measures the rows' speed on as many images as there are, at most 256 at once. */
async function rated(
  rows: readonly Unrated[],
  calls: readonly Inference[],
  images: number,
): Promise<CompressionRow[]> {
  const many = await ratesInTurns(calls, Math.min(256, images));
  const single = await ratesInTurns(calls, 1);
  return rows.map((row, i) => ({ ...row, rate256: many[i]!.median, rate1: single[i]!.median }));
}

/** Trains for an epoch at the fine-tuning rate. @returns its seconds, evaluation not counted */
async function oneEpoch(system: System, run: Run, data: RunData): Promise<number> {
  const { batchSize, seed } = run.configuration;
  const loader = batches(data.train, run.normalisation, { batchSize, seed, shuffle: true });
  const optimizer = { kind: "adam", learningRate: defaultFineTune.learningRate } as const;
  const [epoch] = await system.fit(loader, { epochs: 1, optimizer });
  return epoch!.seconds;
}

function scores(predicted: Predictions, dense: readonly boolean[] | undefined) {
  const { top1, top5 } = scorePredictions(predicted);
  return {
    ...{ top1, top5 },
    ...(dense ? { paired: mcnemar(dense, correct(predicted)) } : {}),
  };
}
