/**
 * 600 epochs of one training, then 600 systems that are made, trained for a moment and disposed of. Prints
 * as JSON what they keep of the memory.
 *
 *     deno run -P=test --v8-flags=--expose-gc tests/soak/long_training.ts numpy
 */
import { lenet5 } from "../../lib/model/architecture.ts";
import { batches } from "../../lib/runs/run.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { runData } from "../runs/pixels.ts";

/** What repeating something keeps: the later half of the samples against the earlier half. */
export interface Measured {
  /** How often it was repeated. */
  readonly count: number;
  /** The repetition from which on memory is compared. */
  readonly from: number;
  /**
   * Bytes of resident memory that the later repetitions added: the least of the later samples above the
   * least of the earlier. Memory of disposed systems goes back late, so that single samples say little.
   */
  readonly resident: number;
  /** Bytes that the later repetitions added to JavaScript's objects, by the same comparison. */
  readonly heap: number;
  /** Tensors that they added; undefined where no tensors compute. */
  readonly tensors?: number;
}

const COUNT = 600, FROM = 200, EVERY = 25;
const adam = { kind: "adam", learningRate: 1e-3 } as const;

interface Sample {
  readonly resident: number;
  readonly heap: number;
  readonly tensors: number | undefined;
}

function compare(samples: readonly Sample[]): Measured {
  const half = samples.length / 2;
  const [earlier, later] = [samples.slice(0, half), samples.slice(half)];
  const least = (some: readonly Sample[], of: "resident" | "heap") =>
    Math.min(...some.map((sample) => sample[of]));
  const added = (of: "resident" | "heap") => Math.max(0, least(later, of) - least(earlier, of));
  const [first, last] = [samples[0]!.tensors, samples.at(-1)!.tensors];
  return {
    ...{ count: COUNT, from: FROM, resident: added("resident"), heap: added("heap") },
    ...(first === undefined ? {} : { tensors: last! - first }),
  };
}

async function measure(system: SystemName): Promise<Record<"epochs" | "systems", Measured>> {
  const { train } = runData();
  const loader = () => batches(train, { mean: 90, std: 40 }, { batchSize: 16, seed: 1 });
  const tf = system === "numpy" ? undefined : await import("../../lib/backend/tf.ts");
  const samples: Sample[] = [];
  const sample = async (number: number) => {
    if (number <= FROM || number % EVERY !== 0) return;
    for (let i = 0; i < 3; i++) {
      (globalThis as unknown as { gc(): void }).gc();
      await new Promise((next) => setTimeout(next, 50));
    }
    const { rss: resident, heapUsed: heap } = Deno.memoryUsage();
    samples.push({ resident, heap, tensors: tf?.memory().numTensors });
  };
  const long = await createSystem(system, lenet5(5));
  await long.fit(loader(), {
    ...{ epochs: COUNT, optimizer: adam, validation: loader() },
    onEpoch: ({ epoch }) => sample(epoch),
  });
  long.dispose();
  const epochs = compare(samples.splice(0));
  for (let made = 1; made <= COUNT; made++) {
    const short = await createSystem(system, lenet5(5), { seed: made });
    await short.fit(loader(), { epochs: 1, optimizer: adam });
    short.dispose();
    await sample(made);
  }
  return { epochs, systems: compare(samples) };
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(Deno.args[0] as SystemName)));
  Deno.exit(0);
}
