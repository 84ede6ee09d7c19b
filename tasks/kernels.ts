/**
 * `deno task kernels`: compiles the SIMD kernels in `lib/kernels/assembly/` and `lib/kernels/tensor/assembly/`
 * (written in AssemblyScript) to the `.wasm` files in the folders `builds/` beside them. They are committed, so
 * only who changes a kernel needs this; a test compiles them again and compares the bytes.
 */
import { join } from "node:path";
import type { KernelBuild } from "../lib/kernels/kernel_module.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { takeNoArguments } from "./arguments.ts";
import { compileAssembly } from "./compile_assembly.ts";
import { kernelInterface } from "./kernel_interface.ts";
import { main } from "./run.ts";
import { compileTensorKernels, tensorBuilds } from "./tensor_kernels.ts";

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
    takeNoArguments("kernels");
    await writeAtomic(interfacePath, new TextEncoder().encode(await generateInterface()));
    for (const build of builds) {
      const binary = await compileKernels(build);
      await writeAtomic(join(folder, "builds", `${build}.wasm`), binary);
      console.log(`${build}.wasm: ${binary.length} bytes`);
    }
    for (const build of tensorBuilds) {
      const binary = await compileTensorKernels(build);
      await writeAtomic(join(folder, "tensor", "builds", `${build}.wasm`), binary);
      console.log(`tensor/${build}.wasm: ${binary.length} bytes`);
    }
  });
}
