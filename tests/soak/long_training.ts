/**
 * 200 epochs of one training, then 200 systems that are made, trained for a moment and disposed of. Prints
 * as JSON what they keep of the memory.
 *
 *     deno run -P=test --v8-flags=--expose-gc tests/soak/long_training.ts numpy
 */
import { lenet5 } from "../../lib/model/architecture.ts";
import { batches } from "../../lib/runs/run.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { runData } from "../runs/pixels.ts";

/** What repeating something keeps. */
export interface Measured {
  /** How often it was repeated. */
  readonly count: number;
  /** The repetition from which on memory is compared. */
  readonly from: number;
  /** Bytes of resident memory that the later repetitions added. */
  readonly resident: number;
  /** Tensors that they added; undefined where no tensors compute. */
  readonly tensors?: number;
}

const COUNT = 200, FROM = 40;
const adam = { kind: "adam", learningRate: 1e-3 } as const;

async function measure(system: SystemName): Promise<Record<"epochs" | "systems", Measured>> {
  const { train } = runData();
  const loader = () => batches(train, { mean: 90, std: 40 }, { batchSize: 16, seed: 1 });
  const tf = system === "numpy" ? undefined : await import("../../lib/backend/tf.ts");
  const sample = async () => {
    for (let i = 0; i < 3; i++) {
      (globalThis as unknown as { gc(): void }).gc();
      await new Promise((next) => setTimeout(next, 50));
    }
    return { rss: Deno.memoryUsage().rss, tensors: tf?.memory().numTensors };
  };
  type Sample = Awaited<ReturnType<typeof sample>>;
  const compare = (first: Sample, last: Sample): Measured => ({
    count: COUNT,
    from: FROM,
    resident: Math.max(0, last.rss - first.rss),
    ...(first.tensors === undefined ? {} : { tensors: last.tensors! - first.tensors }),
  });
  let first: Sample | undefined, last: Sample | undefined;
  const long = await createSystem(system, lenet5(5));
  await long.fit(loader(), {
    epochs: COUNT,
    optimizer: adam,
    validation: loader(),
    async onEpoch({ epoch }) {
      if (epoch === FROM) first = await sample();
      if (epoch === COUNT) last = await sample();
    },
  });
  long.dispose();
  const epochs = compare(first!, last!);
  for (let made = 1; made <= COUNT; made++) {
    const short = await createSystem(system, lenet5(5), { seed: made });
    await short.fit(loader(), { epochs: 1, optimizer: adam });
    short.dispose();
    if (made === FROM) first = await sample();
  }
  return { epochs, systems: compare(first!, await sample()) };
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(Deno.args[0] as SystemName)));
  Deno.exit(0);
}
