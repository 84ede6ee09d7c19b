/**
 * What the machine's arithmetic could do at most: multiply-adds a second of one thread, measured with
 * a loop of independent multiply-adds that touches no memory.
 */
import {
  compileKernels,
  instantiateKernels,
  type KernelBuild,
} from "../lib/kernels/kernel_module.ts";
import { fixedMemory } from "../lib/kernels/fixed_memory.ts";

/** Multiply-adds a second of the kernels' own vectors: 128 bits, or 256 in a turbo process. */
export async function measurePeak(build: KernelBuild): Promise<number> {
  const memory = fixedMemory(2 ** 18);
  const { peak } = instantiateKernels(await compileKernels(build, memory), memory);
  let best = 0;
  for (let round = 0; round < 40; round++) {
    const start = performance.now();
    const multiplyAdds = peak(65536, 200_000);
    best = Math.max(best, multiplyAdds / (performance.now() - start) * 1000);
  }
  return best;
}

if (import.meta.main) console.log(await measurePeak(Deno.args[0] as KernelBuild));
