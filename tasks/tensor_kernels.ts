/**
 * Compiles the tensor kernels in `lib/kernels/tensor/assembly/` (written in AssemblyScript) to the `.wasm`
 * files in `lib/kernels/tensor/builds/`. They are committed, so only who changes a kernel needs this; a test
 * compiles them again and compares the bytes.
 */
import { join } from "node:path";
import type { TensorBuild } from "../lib/kernels/tensor/open_tensor_kernels.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { compileAssembly } from "./kernels.ts";
import { main } from "./run.ts";

const folder = join(projectRoot, "lib", "kernels");

/** The builds; see `WIDE` in the sources. */
export const tensorBuilds: readonly TensorBuild[] = ["narrow", "wide"];

/** Compiles one build. @throws SetupError with the compiler's messages */
export async function compileTensorKernels(build: TensorBuild): Promise<Uint8Array<ArrayBuffer>> {
  return await compileAssembly("tensor/assembly/index.ts", { wide: build === "wide", dot: false });
}

if (import.meta.main) {
  await main(async () => {
    for (const build of tensorBuilds) {
      const binary = await compileTensorKernels(build);
      await writeAtomic(join(folder, "tensor", "builds", `${build}.wasm`), binary);
      console.log(`${build}.wasm: ${binary.length} bytes`);
    }
  });
}
