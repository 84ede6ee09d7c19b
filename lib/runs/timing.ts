import type { Architecture } from "../systems/architecture.ts";
import { NumpySystem } from "../systems/numpy/system.ts";
import type { Weights } from "../systems/weights.ts";
import { Rng } from "../util/rng.ts";

/** Images a second of one network: the median of the rounds, and their range. */
export interface Rate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Inference of several networks on the hand-written system's kernels, one thread, taking turns: what
 * slows the machine for a while slows them all.
 * @param networks by name
 * @param size images a batch
 */
export async function inferenceRates(
  networks: ReadonlyMap<string, { readonly architecture: Architecture; readonly weights: Weights }>,
  size: number,
  rounds = 9,
): Promise<ReadonlyMap<string, Rate>> {
  const systems = new Map<string, NumpySystem>();
  const rates = new Map<string, number[]>();
  const rng = new Rng(1);
  try {
    for (const [name, { architecture, weights }] of networks) {
      const system = new NumpySystem(architecture, { threads: 1 });
      systems.set(name, system);
      await system.setWeights(weights);
      rates.set(name, []);
    }
    const calls = Math.max(1, Math.round(2048 / size));
    for (let round = -2; round < rounds; round++) { // the first two warm up
      for (const [name, system] of systems) {
        const { channels, height, width } = system.architecture.input;
        const length = size * channels * height * width;
        const images = Float32Array.from({ length }, () => rng.normal());
        const start = performance.now();
        for (let i = 0; i < calls; i++) await system.predict(images, size);
        const rate = calls * size / (performance.now() - start) * 1000;
        if (round >= 0) rates.get(name)!.push(rate);
      }
    }
  } finally {
    for (const system of systems.values()) system.dispose();
  }
  return new Map([...rates].map(([name, list]) => {
    const sorted = list.sort((a, b) => a - b);
    return [name, {
      median: sorted[sorted.length >> 1]!,
      low: sorted[0]!,
      high: sorted.at(-1)!,
    }];
  }));
}
