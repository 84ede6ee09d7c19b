import { readUrl } from "../util/platform.ts";
import type { KernelBuild } from "./kernel_module.ts";

/** The compiled kernels; `deno task bundle` puts a module in this one's place that holds them. */
export async function kernelBinary(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  return await readUrl(new URL(`./builds/${build}.wasm`, import.meta.url));
}
