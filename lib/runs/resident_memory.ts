import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../backend/backend_names.ts";
import type { Masks } from "../compression/masks.ts";
import type { QuantizedModel } from "../compression/quantization/quantized_model.ts";
import { encodeModel } from "../compression/quantization/quantized_model_file.ts";
import { defaultThreads } from "../kernels/default_threads.ts";
import type { Architecture } from "../model/architecture.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { projectRoot } from "../util/files.ts";
import { deno, makeTemporaryFolder, remove, runProgram, writeFile } from "../util/platform.ts";
import type { OnProgress } from "../util/progress.ts";

/** A network whose memory is measured, and the program that runs it. */
export type MeasuredNetwork =
  /** The process alone, with no network: what every other measurement contains. */
  | { readonly kind: "none" }
  /** The hand-written system, one thread. */
  | { readonly kind: "numpy"; readonly architecture: Architecture; readonly weights: Weights }
  /** The int8 kernels, one thread. */
  | { readonly kind: "int8"; readonly model: QuantizedModel }
  /** The PyTorch-style system, compressed as in the paper. */
  | {
    readonly kind: "torch";
    readonly architecture: Architecture;
    readonly weights: Weights;
    readonly backend: BackendName;
    readonly masks?: Masks;
    readonly fakeQuantize?: boolean;
    readonly fuse?: boolean;
  };

/** What the measuring process is told; the arrays stand in a file beside it. */
export interface MemorySpec {
  readonly kind: MeasuredNetwork["kind"];
  readonly architecture?: Architecture;
  readonly backend?: BackendName;
  readonly fakeQuantize?: boolean;
  readonly fuse?: boolean;
}

/** Under this prefix a network's masks stand beside its weights. */
export const MASK_PREFIX = "mask of ";

/**
 * Resident set of fresh processes, in bytes. Each process loads one network from a file, answers some
 * batches and single images, collects its garbage and then says how much memory it holds. The
 * networks take turns; as many processes run at a time as the kernels would have threads.
 * @param processes for each network, from 1
 * @returns one list for each network, in the order of `networks`
 * @throws Error if a process fails, with what it said; in Deno it needs the permission to run `deno`
 */
export async function residentMemory(
  networks: readonly MeasuredNetwork[],
  processes = 3,
  onProgress?: OnProgress,
): Promise<number[][]> {
  const folder = await makeTemporaryFolder("lenet-memory-");
  try {
    for (const [i, network] of networks.entries()) await write(join(folder, String(i)), network);
    const measured = networks.map((): number[] => []);
    const total = processes * networks.length;
    const waiting = Array.from({ length: total }, (_, turn) => turn % networks.length);
    const place = async () => {
      try {
        for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) {
          measured[i]!.push(await measure(join(folder, String(i))));
          await onProgress?.(measured.flat().length, total);
        }
      } finally {
        waiting.length = 0; // after a failure no other one begins
      }
    };
    // memory, unlike time, is the same with another process beside
    const ended = await Promise.allSettled(Array.from({ length: defaultThreads() }, place));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    return measured;
  } finally {
    await remove(folder, { recursive: true });
  }
}

async function write(base: string, network: MeasuredNetwork): Promise<void> {
  const { kind } = network;
  let spec: MemorySpec = { kind };
  if (network.kind === "numpy") {
    await writeFile(`${base}.safetensors`, encodeSafetensors(network.weights));
    spec = { kind, architecture: network.architecture };
  } else if (network.kind === "int8") {
    await writeFile(`${base}.safetensors`, encodeModel(network.model));
  } else if (network.kind === "torch") {
    const { architecture, weights, backend, masks = {}, fakeQuantize = false, fuse = false } =
      network;
    const all: Record<string, WeightArray> = { ...weights };
    for (const [name, mask] of Object.entries(masks)) {
      const { shape } = weights[name]!;
      all[`${MASK_PREFIX}${name}`] = { shape, data: Float32Array.from(mask) };
    }
    await writeFile(`${base}.safetensors`, encodeSafetensors(all));
    spec = { kind, architecture, backend, fakeQuantize, fuse };
  }
  await writeFile(`${base}.json`, JSON.stringify(spec));
}

async function measure(base: string): Promise<number> {
  const script = fileURLToPath(new URL("./resident_memory_process.ts", import.meta.url));
  const args = deno
    ? [
      ...["run", "--quiet", "--config", join(projectRoot, "deno.json")],
      ...["--allow-read", "--allow-env", "--allow-sys", "--allow-ffi", "--v8-flags=--expose-gc"],
    ]
    : ["--expose-gc"];
  const { code, stdout, stderr } = await runProgram([...args, script, base], { NO_COLOR: "1" });
  const bytes = Number(stdout);
  if (code !== 0 || !(bytes > 0)) {
    throw new Error(
      `the process that measures memory failed with code ${code}: ${stderr || stdout}`,
    );
  }
  return bytes;
}
