import { openInt8 } from "../compression/quantization/int8_network.ts";
import { createSystem } from "../systems/create_system.ts";
import type { System } from "../systems/system.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import type { QuantizedResult } from "./quantized_results.ts";
import { type Measured, measured } from "./measured.ts";
import { type MeasuredNetwork, residentMemory } from "./resident_memory.ts";
import { batches, type Run, type RunData } from "./run.ts";
import { type Inference, type Rate, ratesInTurns } from "./timing.ts";

/** Images of a batch where throughput is measured, unless there are fewer. */
export const THROUGHPUT_BATCH = 256;

/** What a network really costs, as measured on one thread. */
export interface MeasuredCost {
  /** The network's name. */
  readonly name: string;
  /** Images a second when each image comes alone; 1000 divided by it is the latency in milliseconds. */
  readonly single: Rate;
  /** Images a second in batches. */
  readonly batch: Rate;
  /** Resident set of fresh processes that load and run it, in bytes. */
  readonly residentBytes: Measured;
}

/** Costs of some networks, and of a process with none. */
export interface MeasuredCosts {
  /** One cost for each network, in the order of the networks. */
  readonly networks: readonly MeasuredCost[];
  /** Resident set of fresh processes that run no network, in bytes. */
  readonly emptyProcess: Measured;
  /** Images of a batch where throughput was measured. */
  readonly batchSize: number;
}

/** How costs are measured. */
export interface CostOptions {
  /** Rounds of the speed measurement; default 25. */
  readonly rounds?: number;
  /** Fresh processes for each network's memory; default 2. */
  readonly processes?: number;
}

/**
 * Measures latency, throughput and memory of a run's float32 and int8 networks, which take turns. Each
 * computes on one thread of the hand-written system's kernels.
 */
export async function measureCosts(
  run: Run,
  data: RunData,
  results: readonly QuantizedResult[],
  { rounds = 25, processes = 2 }: CostOptions = {},
  onProgress?: OnProgress,
): Promise<MeasuredCosts> {
  const { test } = data;
  const batchSize = Math.min(THROUGHPUT_BATCH, test.length);
  const loader = batches(test, run.normalisation, { batchSize });
  const { value } = await loader[Symbol.asyncIterator]().next();
  const { images } = value!, pixels = images.length / batchSize;
  const systems: System[] = [];
  const calls: Inference[] = [];
  const steps = processes * (results.length + 1);
  const joined = new JoinedProgress(2 * rounds + steps, onProgress);
  try {
    for (const { architecture, weights, model } of results) {
      if (model) {
        const network = await openInt8(model);
        calls.push((count) => network.predict(test.pixels, count));
      } else {
        const system = await createSystem("numpy", architecture, { threads: 1 });
        systems.push(system);
        await system.setWeights(weights);
        calls.push((count) => system.predict(images.subarray(0, count * pixels), count));
      }
    }
    const batch = await ratesInTurns(calls, batchSize, rounds, joined.part(rounds));
    const single = await ratesInTurns(calls, 1, rounds, joined.part(rounds));
    const [empty, ...resident] = await residentMemory(
      [{ kind: "none" }, ...results.map(networkOf)],
      processes,
      joined.part(steps),
    );
    return {
      networks: results.map(({ name }, i) => ({
        name,
        single: single[i]!,
        batch: batch[i]!,
        residentBytes: measured(resident[i]!),
      })),
      emptyProcess: measured(empty!),
      batchSize,
    };
  } finally {
    for (const system of systems) system.dispose();
  }
}

function networkOf({ architecture, weights, model }: QuantizedResult): MeasuredNetwork {
  return model ? { kind: "int8", model } : { kind: "numpy", architecture, weights };
}
