import { fitToMemory, isShared } from "./fixed_memory.ts";
import { kernelBinary } from "./kernel_binary.ts";
import type { Kernels } from "./kernel_interface.ts";

/**
 * Which build: `wide` is made for V8's two turbo flags, which join its vectors to 256 bits; `-dot`, whose
 * floating-point kernels are the same, for processors with an instruction for products of bytes.
 */
export type KernelBuild = "narrow" | "wide" | "narrow-dot" | "wide-dot";

/** Compiled modules by build and size of memory, the one used last at the end. */
const compiled = new Map<string, Promise<WebAssembly.Module>>();
const MOST_COMPILED = 8;

/**
 * The module of a build, compiled for memories of this one's size. The last ones are kept: the engine compiles a
 * module's functions better once they have run for a while, and what it has gained holds for all instances.
 */
export async function compileKernels(
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<WebAssembly.Module> {
  const key = `${build} ${memory.buffer.byteLength} ${isShared(memory)}`;
  const module = compiled.get(key) ?? compile(build, memory);
  compiled.delete(key);
  compiled.set(key, module);
  if (compiled.size > MOST_COMPILED) compiled.delete(compiled.keys().next().value!);
  try {
    return await module;
  } catch (error) {
    compiled.delete(key);
    throw error;
  }
}

async function compile(
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(fitToMemory(await kernelBinary(build), memory));
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
