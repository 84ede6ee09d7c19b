/** The compiled kernels: what they are called, and whether this machine can run them. */

import type { Activation } from "../model/architecture.ts";
import { fitToMemory } from "./fixed_memory.ts";

/** What the kernels call the activations. */
export const activationNumbers: Readonly<Record<Activation, number>> = {
  tanh: 0,
  sigmoid: 1,
  relu: 2,
};

/** Exports of `assembly/`, where each is described. Addresses and strides are in bytes. */
export interface Kernels {
  rowsToLanes(rows: number, stride: number, length: number, lanes: number): void;
  lanesToRows(lanes: number, length: number, rows: number, stride: number): void;
  lanesToChannelLast(
    ...args: [lanes: number, channels: number, positions: number, rows: number, stride: number]
  ): void;
  normalise(bytes: number, count: number, scale: number, shift: number, to: number): void;
  convPool(
    ...args: [
      ...[input: number, weights: number, bias: number, output: number, argmax: number],
      ...[channels: number, height: number, width: number, filters: number, kernel: number],
      ...[right: number, down: number],
    ]
  ): void;
  convPoolWinograd(
    ...args: [
      ...[input: number, transformed: number, bias: number, output: number, argmax: number],
      ...[channels: number, height: number, width: number, filters: number],
      ...[right: number, down: number, columns: number, patches: number, products: number],
    ]
  ): void;
  transformFilters(
    ...args: [weights: number, filters: number, channels: number, to: number]
  ): void;
  convPoolWinogradColumns(
    ...args: [
      ...[input: number, transformed: number, bias: number, output: number, argmax: number],
      ...[channels: number, height: number, width: number, filters: number],
      ...[right: number, down: number, columns: number, products: number],
    ]
  ): void;
  transformFilterColumns(
    ...args: [weights: number, filters: number, channels: number, to: number]
  ): void;
  activate(kind: number, x: number, count: number): void;
  zero(at: number, bytes: number): void;
  gemm(
    ...args: [
      ...[rows: number, panels: number, depth: number],
      ...[a: number, aRow: number, aColumn: number, b: number, bPanel: number, bRow: number],
      ...[c: number, cPanel: number, cRow: number, accumulate: 0 | 1],
    ]
  ): void;
  packFilters(weights: number, filters: number, taps: number, packed: number): void;
  convPoolSingle(
    ...args: [
      ...[input: number, packed: number, bias: number, output: number, channels: number],
      ...[height: number, width: number, filters: number, kernel: number],
    ]
  ): void;
  gemv(
    ...args: [
      ...[panels: number, depth: number, a: number, b: number, bPanel: number, c: number],
    ]
  ): void;
  transposePanels(
    ...args: [
      ...[from: number, inputs: number, fromPanel: number],
      ...[outputs: number, to: number, toPanel: number],
    ]
  ): void;
  addBias(rows: number, bytes: number, x: number, bias: number): void;
  addBiasTo(
    ...args: [rows: number, bytes: number, x: number, bias: number, count: number, to: number]
  ): void;
  addBiasActivate(
    ...args: [kind: number, rows: number, bytes: number, x: number, bias: number]
  ): void;
  activationBackward(kind: number, count: number, g: number, y: number): void;
  addColumnSums(rows: number, bytes: number, x: number, sums: number): void;
  softmaxCrossEntropy(
    ...args: [
      ...[rows: number, classes: number, bytes: number, logits: number, labels: number],
      ...[scale: number, smoothing: number, report: number],
    ]
  ): void;
  addShortWeightGradients(...args: WeightGradientArguments): void;
  addLongWeightGradients(...args: WeightGradientArguments): void;
  addInputGradient(
    ...args: [
      ...[output: number, g: number, argmax: number, gFilter: number, gWindow: number],
      ...[outHeight: number, outWidth: number, filters: number, kernel: number, chunks: number],
      ...[row: number, pixel: number],
      ...[paddedWeights: number, pointers: number],
    ]
  ): void;
  padWeights(
    ...args: [
      ...[weights: number, filters: number, channels: number, kernel: number],
      ...[chunks: number, paddedWeights: number],
    ]
  ): void;
  unpackWeightGradients(
    ...args: [
      ...[sums: number, filters: number, channels: number, kernel: number],
      ...[rows: number, columns: number, gradient: number],
    ]
  ): void;
  bytesToInt8x4(images: number, stride: number, length: number, step: number, packed: number): void;
  columnInt8x4(from: number, height: number, width: number, to: number): void;
  requantize(
    ...args: [
      ...[sums: number, channels: number, positions: number, multipliers: number],
      ...[curve: number, to: number, toChannel: number, toPosition: number],
    ]
  ): void;
  packInt8x4(bytes: number, count: number, step: number, packed: number): void;
  scaleSums(sums: number, units: number, multipliers: number, to: number): void;
  convPoolInt8(
    ...args: [
      ...[input: number, right: number, down: number, records: number, units: number, odd: 0 | 1],
      ...[bias: number, output: number, outHeight: number, outWidth: number, filters: number],
      used: number,
    ]
  ): void;
  denseInt8(
    ...args: [
      ...[input: number, pairs: number, weights: number, bias: number, output: number],
      ...[units: number, used: number],
    ]
  ): void;
  takesBytes(): number;
  /** Multiply-adds done in a loop that does nothing else; see bench/peak.ts. */
  peak(at: number, rounds: number): number;
  adam(
    ...args: [
      ...[w: number, m: number, v: number, g: number, count: number],
      ...[shards: number, shardBytes: number, beta1: number, beta2: number],
      ...[rate: number, epsilon: number, correction: number, decay: number],
    ]
  ): void;
  sgd(
    ...args: [
      ...[w: number, v: number, g: number, count: number, shards: number, shardBytes: number],
      ...[rate: number, momentum: number],
    ]
  ): void;
}

type WeightGradientArguments = [
  ...[input: number, g: number, argmax: number, gFilter: number, gWindow: number],
  ...[windows: number, filters: number, kernel: number, chunks: number],
  ...[row: number, sums: number, biases: number],
];

/**
 * Which build: `wide` is made for V8's two turbo flags, which join its vectors to 256 bits; `-dot`, whose
 * floating-point kernels are the same, for processors with an instruction for products of bytes.
 */
export type KernelBuild = "narrow" | "wide" | "narrow-dot" | "wide-dot";

/** The module of a build, compiled for memories of this one's size. */
export async function compileKernels(
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<WebAssembly.Module> {
  const binary = await Deno.readFile(new URL(`./builds/${build}.wasm`, import.meta.url));
  return await WebAssembly.compile(fitToMemory(binary, memory));
}

/** The kernels over a memory of the size that they were compiled for. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  const abort = () => {
    throw new Error("a kernel aborted");
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } })
    .exports as unknown as Kernels;
}

/** V8 options that this process was started with, as far as they can be seen. */
function v8Flags(): string {
  try {
    const asked = Deno.env.get("DENO_V8_FLAGS") ?? "";
    return asked + (Deno.build.os === "linux" ? Deno.readTextFileSync("/proc/self/cmdline") : "");
  } catch {
    return "";
  }
}

/** V8's two flags that make the kernels about twice as fast; see the README for their risk. */
export const turboFlags: readonly string[] = [
  "--no-wasm-bounds-checks",
  "--experimental-wasm-revectorize",
];

/** Whether this process runs with both turbo flags. */
export function isTurbo(): boolean {
  const flags = v8Flags();
  return turboFlags.every((flag) => flags.includes(flag.replace(/^-+/, "")));
}

/**
 * Whether the processor multiplies and adds bytes in one instruction that V8 knows (x86's AVX-VNNI). It is
 * a matter of speed alone: every build gives the same bits everywhere.
 */
export function hasByteDot(): boolean {
  try {
    return /^flags\b.* avx_vnni\b/m.test(Deno.readTextFileSync("/proc/cpuinfo"));
  } catch {
    return false; // another system, or no permission to look
  }
}

/**
 * What keeps the kernels from running here, undefined if nothing does: they need SIMD, relaxed
 * multiply-add and shared memory.
 */
export function missingForKernels(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined") return "shared memory";
  // (func (result v128) (f32x4.relaxed_madd 0 0 0))
  const relaxed = Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
    ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
  );
  if (!WebAssembly.validate(relaxed)) return "WebAssembly's relaxed SIMD";
  return undefined;
}
