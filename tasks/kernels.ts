/**
 * `deno task kernels`: compiles the SIMD kernels in `lib/kernels/assembly/` (written in
 * AssemblyScript) to the `.wasm` files beside that folder. They are committed, so only who changes
 * a kernel needs this; a test compiles them again and compares the bytes.
 */
import { join } from "node:path";
import asc from "assemblyscript/asc";
import type { KernelBuild } from "../lib/kernels/kernel_module.ts";
import { MODULE_PAGES } from "../lib/kernels/fixed_memory.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { expandVectors, restoreDecorators } from "./expand_vectors.ts";
import { kernelInterface } from "./kernel_interface.ts";
import { main, SetupError } from "./run.ts";

const folder = join(projectRoot, "lib", "kernels");
const sources = join(folder, "assembly");
/** Generated beside the builds. */
export const interfacePath: string = join(folder, "kernel_interface.ts");

/** The builds; see `WIDE` and `DOT` in the sources. */
export const builds: readonly KernelBuild[] = ["narrow", "wide", "narrow-dot", "wide-dot"];

/** Compiles one build. @throws SetupError with the compiler's messages */
export async function compileKernels(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  return await compileAssembly("assembly/index.ts", {
    wide: build.startsWith("wide"),
    dot: build.endsWith("-dot"),
  });
}

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

/** What the sources export, as TypeScript. @throws SyntaxError if they are not as expected */
export async function generateInterface(): Promise<string> {
  const text = kernelInterface((name) => Deno.readTextFileSync(join(sources, `${name}.ts`)));
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width", "100", "--ext", "ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = formatter.output();
  const writer = formatter.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await output).stdout);
}

if (import.meta.main) {
  await main(async () => {
    await writeAtomic(interfacePath, new TextEncoder().encode(await generateInterface()));
    for (const build of builds) {
      const binary = await compileKernels(build);
      await writeAtomic(join(folder, "builds", `${build}.wasm`), binary);
      console.log(`${build}.wasm: ${binary.length} bytes`);
    }
  });
}
