/** Compiles kernels that are written in AssemblyScript to WebAssembly. */
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { MODULE_PAGES } from "../lib/kernels/fixed_memory.ts";
import { projectRoot } from "../lib/util/files.ts";
import { expandVectors, restoreDecorators } from "./expand_vectors.ts";
import { SetupError } from "./run.ts";

const folder = join(projectRoot, "lib", "kernels");

/**
 * Compiles the AssemblyScript sources that one file in `lib/kernels/` exports.
 * @param entry path of that file, from `lib/kernels/`
 * @param options the constants `WIDE` and `DOT` of the sources
 * @throws SetupError with the compiler's messages
 */
export async function compileAssembly(
  entry: string,
  { wide, dot }: { readonly wide: boolean; readonly dot: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    ...[entry, "--outFile", "kernels.wasm", "-O3", "--noAssert", "--runtime", "stub"],
    ...["--enable", "simd", "--enable", "relaxed-simd", "--enable", "threads"],
    // addresses are 32 bits wide, so that a number of i32 may be added to one
    ...["--disableWarning", "201", "--disableWarning", "112"],
    // the memory comes from outside; who loads the module fits it to the memory's size
    ...["--importMemory", "--sharedMemory"],
    ...["--initialMemory", `${MODULE_PAGES}`, "--maximumMemory", `${MODULE_PAGES}`],
    ...["--memoryBase", "1024", "--use", `WIDE=${wide ? 1 : 0}`, "--use", `DOT=${dot ? 1 : 0}`],
  ], {
    readFile(name: string) {
      let source: string;
      try {
        source = Deno.readTextFileSync(join(folder, name));
      } catch {
        return null;
      }
      // the tensor kernels have no vectors to write out
      return name.startsWith("assembly/") ? expandVectors(source, wide) : restoreDecorators(source);
    },
    writeFile(_name: string, contents: Uint8Array | string) {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new SetupError(stderr.toString());
  return new Uint8Array(binary);
}
