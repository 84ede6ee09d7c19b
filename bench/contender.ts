/**
 * One of our systems as a contender of the bench: obeys requests, a JSON a line, until its input ends.
 *
 *     deno run -P bench/contender.ts <name>[:variant] <threads>
 *
 * with the names numpy, torch, keras, reference, int8 and onnxruntime-node.
 *
 * The protocol is that of contender.py.
 */
import { cpuUsage, stdin } from "node:process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { generateSynthetic } from "../lib/data/synthetic/generate_synthetic.ts";
import { plan } from "../lib/data/synthetic/synthetic_plan.ts";
import { ImagePixels } from "../lib/pixels/image_pixels.ts";
import { DataLoader } from "../lib/pixels/loader.ts";
import type { PixelSet } from "../lib/pixels/pixels.ts";
import { openInt8 } from "../lib/compression/quantization/int8_network.ts";
import { quantizeModel } from "../lib/compression/quantization/quantized_model.ts";
import { kernelAmounts } from "../lib/compression/pruning_amounts.ts";
import { pruneStructured } from "../lib/compression/structured.ts";
import { openBackend } from "../lib/backend/choose_backend.ts";
import { lenet5 } from "../lib/model/architecture.ts";
import { isTurbo } from "../lib/kernels/kernel_platform.ts";
import { createSystem } from "../lib/systems/create_system.ts";
import { initialWeights } from "../lib/model/initial_weights.ts";
import type { Batches, System, SystemName } from "../lib/systems/system.ts";
import { projectRoot } from "../lib/util/files.ts";
import { Rng } from "../lib/util/rng.ts";
import { hasByteDot } from "./machine.ts";
import { type BenchClock, modelPath, type Request } from "./protocol.ts";

type Step = () => Promise<number>;

const optimizer = { kind: "adam", learningRate: 1e-3 } as const;

function randomBatch(size: number) {
  const rng = new Rng(1);
  return {
    size,
    images: Float32Array.from({ length: size * 1024 }, () => rng.normal()),
    labels: Int32Array.from({ length: size }, () => rng.int(50)),
  };
}

/** The same batch `count` times an epoch. */
function repeated(size: number, count: number): Batches {
  const batch = randomBatch(size);
  return {
    length: count,
    samples: count * size,
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < count; i++) yield batch;
    },
  };
}

/**
 * `fast`: preprocesses with the fast decoder; `all`: an epoch with augmentation and evaluation;
 * `pruned`: without a quarter of the filters and 40 % of the units; `native`: on the native TensorFlow.
 */
type Variant = "fast" | "all" | "pruned" | "native" | undefined;

/** Seconds before anything counts: V8 compiles the kernels a second time while they run. */
const WARM_UP = 1;

/** Images of a made-up validation set, the paper's number. */
const VALIDATION = 450;

/** Packed pixels of noise. */
function noise(length: number): PixelSet {
  const rng = new Rng(2);
  const pixels = Uint8Array.from({ length: length * 1024 }, () => rng.int(256));
  const labels = Int32Array.from({ length }, () => rng.int(50));
  const get = (i: number) => pixels.subarray(i * 1024, (i + 1) * 1024);
  return { length, labels, pixels, get, channels: 1, height: 32, width: 32, key: "" };
}

async function prepare(
  system: () => Promise<System>,
  threads: number,
  variant: Variant,
  request: Request,
): Promise<Step> {
  const { work, batch } = request;
  switch (work) {
    case "train": {
      const batches = repeated(batch, Math.max(1, Math.round(1280 / batch)));
      const trained = await system();
      return async () => {
        await trained.fit(batches, { epochs: 1, optimizer });
        return batches.samples;
      };
    }
    case "epoch": {
      // a whole epoch from packed pixels: shuffling, batching and normalising are part of it
      const normalisation = { mean: 127, std: 74 };
      const loader = new DataLoader(noise(request.images ?? 6000), {
        batchSize: batch,
        shuffle: true,
        normalisation,
        augmentation: variant === "all" ? { shift: 4, mirror: true } : {},
      });
      const validation = new DataLoader(noise(VALIDATION), { normalisation });
      const more = variant === "all" ? { validation } : {};
      const trained = await system();
      return async () => {
        await trained.fit(loader, { epochs: 1, optimizer, ...more });
        return loader.samples;
      };
    }
    case "infer": {
      const { images } = randomBatch(batch);
      const trained = await system();
      return async () => {
        for (let done = 0; done < 256; done += batch) await trained.predict(images, batch);
        return Math.max(batch, Math.ceil(256 / batch) * batch);
      };
    }
    case "draw": {
      const options = { train: request.images ?? 500, heldOut: 1, seed: 1 };
      const images = plan(options).length;
      return async () => {
        const folder = await Deno.makeTempDir({ dir: join(projectRoot, ".cache", "bench") });
        try {
          await generateSynthetic(folder, options, { workers: threads });
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
        return images;
      };
    }
    case "preprocess": {
      const paths = request.paths ?? [];
      const split = {
        length: paths.length,
        labels: new Int32Array(paths.length),
        image: (i: number) => ({ kind: "file" as const, path: paths[i]! }),
        name: (i: number) => paths[i]!,
      };
      const decoder = variant === "fast" ? "fast" : "exact";
      const loader = new DataLoader(new ImagePixels(split, { decoder }, { threads }), {
        batchSize: batch,
      });
      return async () => {
        let images = 0;
        for await (const { size } of loader) images += size;
        return images;
      };
    }
  }
}

/** LeNet-5 in int8 on the kernels; its images are bytes. */
async function int8(variant: Variant): Promise<(request: Request) => Step> {
  const dense = lenet5(), shares = variant === "pruned" ? kernelAmounts : {};
  const start = initialWeights(dense, "pytorch", 1);
  const { architecture, weights } = pruneStructured(dense, start, shares);
  const normalisation = { mean: 127, std: 74 };
  const model = quantizeModel(architecture, weights, normalisation, "channel");
  // with fewer than all permissions the library cannot ask for the processor's instructions itself
  const build = `${isTurbo() ? "wide" : "narrow"}${hasByteDot() ? "-dot" : ""}` as const;
  const network = await openInt8(model, build);
  return ({ work, batch }) => {
    if (work !== "infer") throw new Error("int8 only infers");
    const { pixels } = noise(batch);
    return () => {
      for (let done = 0; done < 256; done += batch) network.predict(pixels, batch);
      return Promise.resolve(Math.ceil(256 / batch) * batch);
    };
  };
}

/** onnxruntime in Node's binding, on the model that contender.py has written. */
async function onnxruntimeNode(threads: number): Promise<(request: Request) => Step> {
  // installed only when the bench asks for it: a name that can be found is installed with the project
  const ort = await import(`npm:onnxruntime-${"node"}@1.30.0`);
  const session = await ort.InferenceSession.create(modelPath, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  return ({ work, batch }) => {
    if (work !== "infer") throw new Error("onnxruntime-node only infers");
    const x = new ort.Tensor("float32", randomBatch(batch).images, [batch, 1, 32, 32]);
    return async () => {
      for (let done = 0; done < 256; done += batch) await session.run({ x });
      return Math.ceil(256 / batch) * batch;
    };
  };
}

/** Seconds by each clock, from some moment on. */
const clocks: Readonly<Record<BenchClock, () => number>> = {
  wall: () => performance.now() / 1000,
  cpu: () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  },
};

async function measure(
  step: Step,
  { seconds, clock = "wall" }: Pick<Request, "seconds" | "clock">,
): Promise<{ images: number; seconds: number }> {
  const now = clocks[clock], start = now();
  let images = 0;
  do images += await step(); while (now() - start < seconds);
  return { images, seconds: now() - start };
}

/** An untrained system on so many threads; torch and keras on the kernels unless the variant says native. */
async function makeSystem(name: string, threads: number, variant: Variant): Promise<System> {
  if (name === "reference") return await createSystem("numpy", lenet5(), { engine: "reference" });
  if (name === "numpy") return await createSystem("numpy", lenet5(), { threads });
  const backend = variant === "native" ? "native" : "kernels";
  // the first to open the backend decides how many threads it has
  await openBackend(backend, { threads });
  return await createSystem(name as SystemName, lenet5(), { backend });
}

if (import.meta.main) {
  const [kind = "numpy", count = "1"] = Deno.args;
  const [name = kind, variant] = kind.split(":") as [string, Variant];
  const threads = Number(count);
  const system = () => makeSystem(name, threads, variant);
  let foreign: Awaited<ReturnType<typeof onnxruntimeNode>> | undefined;
  const prepared = new Map<string, Step>();
  for await (const line of createInterface({ input: stdin })) {
    const request = JSON.parse(line) as Request;
    const key = `${request.work} ${request.batch} ${request.images}`;
    let answer: object;
    try {
      let step = prepared.get(key);
      if (step === undefined) {
        if (name === "onnxruntime-node") foreign ??= await onnxruntimeNode(threads);
        if (name === "int8") foreign ??= await int8(variant);
        step = foreign ? foreign(request) : await prepare(system, threads, variant, request);
        prepared.set(key, step);
        await measure(step, { ...request, seconds: Math.max(WARM_UP, request.seconds) });
      }
      answer = await measure(step, request);
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    console.log(JSON.stringify(answer));
  }
  Deno.exit();
}
