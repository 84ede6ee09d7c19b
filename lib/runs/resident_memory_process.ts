/**
 * The process that `residentMemory` starts: loads one network, runs it, and prints the bytes of its
 * resident set. Its argument is the path of the network's files without their endings.
 */
import process from "node:process";
import { readFile, readTextFile } from "../util/platform.ts";
import type { MemorySpec } from "./resident_memory.ts";

/** Batches, and single images, that the network answers before its memory is read. */
const [BATCH, BATCHES, SINGLES] = [256, 3, 20];

type Predict = (count: number) => unknown;

async function open(base: string): Promise<Predict> {
  const spec: MemorySpec = JSON.parse(await readTextFile(`${base}.json`));
  if (spec.kind === "none") return () => {};
  const bytes = await readFile(`${base}.safetensors`);
  if (spec.kind === "int8") {
    const { decodeModel } = await import("../compression/quantization/quantized_model_file.ts");
    const { openInt8 } = await import("../compression/quantization/int8_network.ts");
    const model = decodeModel(bytes, base);
    const network = await openInt8(model);
    const { channels, height, width } = model.architecture.input;
    const images = new Uint8Array(BATCH * channels * height * width).fill(128);
    return (count) => network.predict(images, count);
  }
  const { decodeSafetensors } = await import("../model/safetensors.ts");
  const { weights } = decodeSafetensors(bytes, base);
  const architecture = spec.architecture!;
  const { channels, height, width } = architecture.input;
  const size = channels * height * width;
  const images = new Float32Array(BATCH * size);
  if (spec.kind === "numpy") {
    const { NumpySystem } = await import("../systems/numpy/numpy_system.ts");
    const system = new NumpySystem(architecture, { threads: 1 });
    await system.setWeights(weights);
    return (count) => system.predict(images.subarray(0, count * size), count);
  }
  const { openBackend } = await import("../backend/choose_backend.ts");
  const backend = await openBackend(spec.backend);
  const { PaperCompressedSystem } = await import("../compression/paper_compression.ts");
  const { MASK_PREFIX } = await import("./resident_memory.ts");
  const entries = Object.entries(weights);
  const masks = entries.filter(([name]) => name.startsWith(MASK_PREFIX))
    .map(([name, { data }]) => [name.slice(MASK_PREFIX.length), Uint8Array.from(data)] as const);
  const compression = { ...spec, masks: Object.fromEntries(masks) };
  const system = new PaperCompressedSystem(architecture, compression, { backend });
  const own = entries.filter(([name]) => !name.startsWith(MASK_PREFIX));
  await system.setWeights(Object.fromEntries(own), { allowBroken: true });
  return (count) => system.predict(images.subarray(0, count * size), count);
}

const predict = await open(process.argv[2]!);
for (let i = 0; i < BATCHES; i++) await predict(BATCH);
for (let i = 0; i < SINGLES; i++) await predict(1);
(globalThis as { gc?: () => void }).gc?.();
console.log(process.memoryUsage().rss);
process.exit(0); // threads of a backend would keep the process
