/**
 * Compiles the tensor kernels in `lib/kernels/tensor/assembly/` (written in AssemblyScript) to the `.wasm`
 * files in `lib/kernels/tensor/builds/`. They are committed, so only who changes a kernel needs this; a test
 * compiles them again and compares the bytes.
 */
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { MODULE_PAGES } from "../lib/kernels/fixed_memory.ts";
import type { TensorBuild } from "../lib/kernels/tensor/open_tensor_kernels.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { main, SetupError } from "./run.ts";

/** The sources import from `lib/kernels/assembly`, so the compiler sees both folders. */
const folder = join(projectRoot, "lib", "kernels");

/** The builds; see `WIDE` in the sources. */
export const tensorBuilds: readonly TensorBuild[] = ["narrow", "wide"];

/** Compiles one build. @throws SetupError with the compiler's messages */
export async function compileTensorKernels(build: TensorBuild): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    ...["tensor/assembly/index.ts", "--outFile", "kernels.wasm", "-O3", "--noAssert"],
    ...["--runtime", "stub", "--enable", "simd", "--enable", "relaxed-simd"],
    // the memory comes from outside; tensor_module.ts fits the module to its size, shared or not
    ...["--enable", "threads", "--importMemory", "--sharedMemory"],
    ...["--initialMemory", `${MODULE_PAGES}`, "--maximumMemory", `${MODULE_PAGES}`],
    ...["--memoryBase", "1024", "--use", `WIDE=${build === "wide" ? 1 : 0}`, "--use", "DOT=0"],
  ], {
    readFile(name: string) {
      try {
        return Deno.readTextFileSync(join(folder, name));
      } catch {
        return null;
      }
    },
    writeFile(_name: string, contents: Uint8Array | string) {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new SetupError(stderr.toString());
  return new Uint8Array(binary);
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
