/** Whether this process and this machine can run the kernels, and how fast. */
import { environment, operatingSystem, readTextFileSync } from "../util/platform.ts";
import { hasRelaxedSimd } from "./relaxed_simd.ts";

/** V8 options that this process was started with, as far as they can be seen. */
function v8Flags(): string {
  // apart from each other: without all permissions Deno hides /proc, but not the environment
  const asked = ifAllowed(() => environment("DENO_V8_FLAGS") ?? "");
  return asked +
    (operatingSystem === "linux" ? ifAllowed(() => readTextFileSync("/proc/self/cmdline")) : "");
}

function ifAllowed(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** V8's two flags that widen the kernels' vectors to 256 bits; see the README for what they gain and risk. */
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
    return namesByteDot(readTextFileSync("/proc/cpuinfo"));
  } catch {
    return false; // another system, or no permission to look
  }
}

/** The same of a processor that Linux describes so in /proc/cpuinfo. */
export function namesByteDot(cpuInfo: string): boolean {
  return /^flags\b.* avx_vnni\b/m.test(cpuInfo);
}

/**
 * What keeps the kernels from running here, undefined if nothing does: they need SIMD, relaxed
 * multiply-add and shared memory.
 */
export function missingForKernels(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined") return "shared memory";
  return hasRelaxedSimd() ? undefined : "WebAssembly's relaxed SIMD";
}
