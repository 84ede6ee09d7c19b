import type { OptimizerOptions } from "../model/training_step.ts";
import { confusionMatrix } from "../metrics/confusion.ts";
import { type DataLoader, normalisation } from "../pixels/loader.ts";
import { PackedPixels } from "../pixels/packed.ts";
import type { Normalisation, PixelSet } from "../pixels/pixels.ts";
import { batches, type RunData } from "../runs/run.ts";
import type { Architecture } from "../model/architecture.ts";
import { createSystem } from "../systems/create_system.ts";
import { labelRanks, predictAll } from "../systems/evaluate.ts";
import { type Initialisation, initialWeights } from "../model/initial_weights.ts";
import type { EpochRecord, System } from "../systems/system.ts";
import { TorchSystem } from "../systems/torch/torch_system.ts";
import type { OnProgress } from "../util/progress.ts";
import { examine, type LayerHealth } from "./examine.ts";
import {
  PublishedNumpy,
  saturatingWeights,
  type StepFaults,
  swappedCrossEntropy,
} from "./published.ts";

/** One training with all that can be right or wrong about it. */
export interface Trial {
  readonly architecture: Architecture;
  /** How the weights start: as a system does it, or as the report's NumPy code did. */
  readonly start: Initialisation | "saturating";
  readonly pixels: "raw" | "standardised";
  /** Of the training images. */
  readonly order: "by class" | "shuffled";
  readonly loss: "cross-entropy" | "swapped arguments";
  readonly faults: StepFaults | undefined;
  readonly optimizer: OptimizerOptions;
  readonly epochs: number;
  readonly batchSize: number;
}

/** What a trial gave, with one seed. */
export interface TrialResult {
  readonly seed: number;
  readonly classes: number;
  readonly epochs: readonly Omit<EpochRecord, "seconds" | "imagesPerSecond">[];
  /** Of the validation images, how many have their label among the first one and five. */
  readonly val: Hits;
  readonly test: Hits;
  /** Different classes among the predictions for the test images. */
  readonly predicted: number;
  /** Layer by layer at the end, on the first 64 test images. */
  readonly layers: readonly LayerHealth[];
}

/** Images whose label is among the first one and the first five predictions. */
export interface Hits {
  readonly top1: number;
  readonly top5: number;
  readonly images: number;
}

/** A trial that is ready to be trained. The caller disposes of the system. */
interface SetUp {
  readonly system: System;
  readonly train: DataLoader;
  readonly normalisation: Normalisation;
}

/**
 * Makes the system of a trial, with its starting weights, and its training batches. What is right about
 * it runs on the fast kernels whichever system it stands for: the systems compute the same, and differ
 * in their starts. Only swapped arguments need the Torch system, and faulty steps the published one.
 */
export async function setUpTrial(data: RunData, trial: Trial, seed: number): Promise<SetUp> {
  const { architecture, start, batchSize } = trial;
  const raw = { mean: 0, std: 1 };
  const normalise = trial.pixels === "raw" ? raw : normalisation(data.train);
  const shuffle = trial.order === "shuffled";
  const images = shuffle ? data.train : byClass(data.train);
  const train = batches(images, normalise, { batchSize, seed, shuffle });
  const system = await systemFor(trial);
  await system.setWeights(
    start === "saturating"
      ? saturatingWeights(architecture, seed)
      : initialWeights(architecture, start, seed),
  );
  return { system, train, normalisation: normalise };
}

/** Runs a trial from its start. */
export async function runTrial(
  data: RunData,
  trial: Trial,
  seed: number,
  onProgress?: OnProgress,
): Promise<TrialResult> {
  const { architecture, epochs, optimizer } = trial;
  const { system, train, normalisation } = await setUpTrial(data, trial, seed);
  try {
    const history = await system.fit(train, {
      ...{ epochs, optimizer, validation: batches(data.val, normalisation) },
      ...(onProgress ? { onProgress } : {}),
    });
    const test = await predictAll(system, batches(data.test, normalisation));
    const val = await predictAll(system, batches(data.val, normalisation));
    const some = batches(data.test, normalisation, { batchSize: 64 });
    const first = await some[Symbol.asyncIterator]().next();
    return {
      seed,
      classes: test.classes,
      epochs: history.map(({ seconds: _, imagesPerSecond: __, ...record }) => record),
      val: countHits(val),
      test: countHits(test),
      predicted: confusionMatrix(test).predicted,
      layers: examine(architecture, await system.weights(), first.value!),
    };
  } finally {
    system.dispose();
  }
}

/** An untrained system for a trial. */
async function systemFor({ architecture, loss, faults }: Trial): Promise<System> {
  if (loss === "swapped arguments") {
    return new TorchSystem(architecture, { criterion: swappedCrossEntropy });
  }
  return faults
    ? new PublishedNumpy(architecture, faults)
    : await createSystem("numpy", architecture);
}

/** The images in the order of their labels, as in the report's train.txt. */
export function byClass(set: PixelSet): PixelSet {
  const order = Array.from(set.labels.keys());
  order.sort((a, b) => set.labels[a]! - set.labels[b]!);
  const size = set.channels * set.height * set.width;
  const pixels = new Uint8Array(set.pixels.length);
  order.forEach((from, to) => pixels.set(set.get(from), to * size));
  const labels = Int32Array.from(order, (i) => set.labels[i]!);
  return new PackedPixels(pixels, labels, set.channels, set.height, set.width, set.key);
}

/** Counts the hits of predictions. */
export function countHits(
  { logits, labels, classes }: Parameters<typeof confusionMatrix>[0],
): Hits {
  const ranks = labelRanks(logits, labels, classes);
  const within = (k: number) => ranks.filter((rank) => rank < k).length;
  return { top1: within(1), top5: within(5), images: labels.length };
}
