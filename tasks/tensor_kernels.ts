/** Compiles the tensor kernels in `lib/kernels/tensor/assembly/`, as `deno task kernels` does. */
import type { TensorBuild } from "../lib/kernels/tensor/open_tensor_kernels.ts";
import { compileAssembly } from "./compile_assembly.ts";

/** The builds; see `WIDE` in the sources. */
export const tensorBuilds: readonly TensorBuild[] = ["narrow", "wide"];

/** Compiles one build. @throws SetupError with the compiler's messages */
export async function compileTensorKernels(build: TensorBuild): Promise<Uint8Array<ArrayBuffer>> {
  return await compileAssembly("tensor/assembly/index.ts", { wide: build === "wide", dot: false });
}
