/** The int8 predictor as one ES module without dependencies, with its kernels inside. */
import { join } from "node:path";
import * as esbuild from "esbuild";
import { projectRoot } from "../lib/util/files.ts";
import { compileAssembly } from "./compile_assembly.ts";

/** How esbuild makes one module for pages. */
export const pageModule = {
  bundle: true,
  write: false,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  logLevel: "error",
} as const satisfies esbuild.BuildOptions;

/** Compiled once in a process: the build that any processor runs; all builds give the same bits. */
let compiled: Promise<Uint8Array<ArrayBuffer>> | undefined;

/**
 * The text of a module that needs neither Deno nor Node.js, and runs in both and in pages.
 * @param entry what is made into a module; default: the predictor
 */
export async function bundleInt8(
  entry: string = join(projectRoot, "lib", "int8", "mod.ts"),
): Promise<string> {
  compiled ??= compileAssembly("assembly/int8_index.ts", { wide: false, dot: false });
  const kernels = await compiled;
  const binary: esbuild.Plugin = {
    name: "kernels inside",
    setup(build) {
      build.onLoad({ filter: /kernel_binary\.ts$/ }, () => ({
        contents: `import binary from "kernels"; export const kernelBinary = async () => binary;`,
        loader: "ts",
      }));
      build.onResolve({ filter: /^kernels$/ }, ({ path }) => ({ path, namespace: "kernels" }));
      build.onLoad({ filter: /./, namespace: "kernels" }, () => ({
        contents: kernels,
        loader: "binary",
      }));
      // turbo's and the processor's builds are not inside
      build.onLoad({ filter: /kernel_platform\.ts$/ }, () => ({
        contents: `export const isTurbo = () => false, hasByteDot = () => false;`,
        loader: "ts",
      }));
    },
  };
  try {
    const { outputFiles: [file] } = await esbuild.build({
      ...pageModule,
      plugins: [binary],
      entryPoints: [entry],
    });
    return file!.text;
  } finally {
    await esbuild.stop();
  }
}
