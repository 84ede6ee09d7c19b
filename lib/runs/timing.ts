import { median } from "../metrics/median.ts";
import type { Architecture } from "../model/architecture.ts";
import type { PixelSet } from "../pixels/pixels.ts";
import { NumpySystem } from "../systems/numpy/numpy_system.ts";
import type { Weights } from "../model/weights.ts";
import type { OnProgress } from "../util/progress.ts";
import { Rng } from "../util/rng.ts";
import { batches, restore, type Run } from "./run.ts";

/** Images a second of one network: the median of the rounds, and their range. */
export interface Rate {
  /** Median of the turns, images a second. */
  readonly median: number;
  /** Lowest of the turns, images a second. */
  readonly low: number;
  /** Highest of the turns, images a second. */
  readonly high: number;
  /** Half of the turns lie between these two, images a second. */
  readonly quartiles: readonly [low: number, high: number];
  /** Every turn, images a second. The same turn of two networks was measured at the same time. */
  readonly turns: readonly number[];
}

/** Predicts so many images. */
export type Inference = (count: number) => unknown;

/**
 * Measures networks in turns, and begins each round with another network. Whatever slows the machine
 * for a while then slows all of them.
 * @param size images a batch
 * @returns in the order of `networks`
 */
export async function ratesInTurns(
  networks: readonly Inference[],
  size: number,
  rounds = 41,
  onProgress?: OnProgress,
): Promise<Rate[]> {
  const calls = Math.max(1, Math.min(10, Math.round(512 / size)));
  const rates = networks.map((): number[] => []);
  for (let round = -4; round < rounds; round++) { // the first four warm up
    for (let turn = 0; turn < networks.length; turn++) {
      const i = (round + 4 + turn) % networks.length;
      const start = performance.now();
      for (let call = 0; call < calls; call++) await networks[i]!(size);
      if (round >= 0) rates[i]!.push(calls * size / (performance.now() - start) * 1000);
      await onProgress?.((round + 4) * networks.length + turn + 1, (rounds + 4) * networks.length);
    }
  }
  return rates.map((list) => ({
    median: median(list),
    low: Math.min(...list),
    high: Math.max(...list),
    quartiles: quartiles(list),
    turns: list,
  }));
}

function quartiles(rates: readonly number[]): [number, number] {
  const sorted = rates.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return [at(0.25), at(0.75)];
}

/**
 * Inference of several networks on the hand-written system's kernels, one thread, in turns.
 * @param networks by name
 * @param size images a batch
 */
export async function inferenceRates(
  networks: ReadonlyMap<string, { readonly architecture: Architecture; readonly weights: Weights }>,
  size: number,
  rounds = 33,
  onProgress?: OnProgress,
): Promise<ReadonlyMap<string, Rate>> {
  const systems: NumpySystem[] = [];
  const rng = new Rng(1);
  try {
    const calls: Inference[] = [];
    for (const { architecture, weights } of networks.values()) {
      const system = new NumpySystem(architecture, { threads: 1 });
      systems.push(system);
      await system.setWeights(weights);
      const { channels, height, width } = architecture.input;
      const length = size * channels * height * width;
      const images = Float32Array.from({ length }, () => rng.normal());
      calls.push((count) => system.predict(images, count));
    }
    const rates = await ratesInTurns(calls, size, rounds, onProgress);
    return new Map([...networks.keys()].map((name, i) => [name, rates[i]!]));
  } finally {
    for (const system of systems) system.dispose();
  }
}

/** Seconds of `inferenceRate`'s warm-up and of its measurement. V8 compiles kernels while they run. */
export const MEASURED_SECONDS = 0.5;

/** Images a second of a run's own system: all images in one batch, over and over, the median. */
export async function inferenceRate(run: Run, pixels: PixelSet): Promise<number> {
  const system = await restore(run);
  try {
    const loader = batches(pixels, run.normalisation, { batchSize: pixels.length });
    const { value } = await loader[Symbol.asyncIterator]().next();
    const { images, size } = value!;
    const seconds: number[] = [];
    const from = performance.now() + 1000 * MEASURED_SECONDS;
    const to = from + 1000 * MEASURED_SECONDS;
    for (let start = 0; start < to || seconds.length === 0;) {
      start = performance.now();
      await system.predict(images, size);
      if (start >= from) seconds.push((performance.now() - start) / 1000);
    }
    return size / median(seconds);
  } finally {
    system.dispose();
  }
}
