/** The tensor kernels with what Deno and Node.js offer: builds from files, workers as threads. */
import { readUrl } from "../../util/platform.ts";
import { startNodeThread } from "./node_threads.ts";
import { TensorKernels } from "./tensor_kernels.ts";

/** `wide` is made for V8's turbo flags; see `turboFlags` in ../kernel_module.ts. Both give the same bits. */
export type TensorBuild = "narrow" | "wide";

/** The builds there are. */
export const tensorBuilds: readonly TensorBuild[] = ["narrow", "wide"];

/**
 * Compiles a build and starts the threads.
 * @param options bytes of memory; threads, the calling one included
 */
export async function openTensorKernels(
  options: {
    readonly bytes: number;
    readonly threads: number;
    readonly build: TensorBuild;
    readonly scratchBytes?: number;
    readonly grain?: number;
  },
): Promise<TensorKernels> {
  const binary = await readUrl(new URL(`./builds/${options.build}.wasm`, import.meta.url));
  return await TensorKernels.create({ ...options, binary, startThread: startNodeThread });
}
