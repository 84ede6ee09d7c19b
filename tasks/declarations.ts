/** The types of what `deno task bundle` writes: those of modules in lib/, one file each, and of no others. */
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { projectRoot } from "../lib/util/files.ts";
import { renamed } from "./npm.ts";
import { SetupError } from "./run.ts";

const lib = join(projectRoot, "lib");

const options: ts.CompilerOptions = {
  declaration: true,
  isolatedDeclarations: true,
  strict: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
};

/**
 * The types of a module of lib/, and of all that they name.
 * @param entry path below lib/
 * @returns texts by path below lib/, "int8/mod.d.ts", say
 */
export async function declarations(entry: string): Promise<Map<string, string>> {
  const made = new Map<string, string>(), waiting = [join(lib, entry)];
  for (let path; (path = waiting.pop());) {
    const name = relative(lib, path).replace(/\.ts$/, ".d.ts").replaceAll("\\", "/");
    if (made.has(name)) continue;
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(
      await Deno.readTextFile(path),
      { fileName: path, reportDiagnostics: true, compilerOptions: options },
    );
    for (const { messageText } of diagnostics) {
      throw new SetupError(`${path}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
    }
    made.set(name, renamed(outputText));
    for (const [, named] of outputText.matchAll(/(?:from |import\()"(\.{1,2}\/[^"]+)"/g)) {
      waiting.push(join(dirname(path), named!));
    }
  }
  return made;
}

const backend = `/** TensorFlow.js without its WebGL backend. */
export * as tf from "@tensorflow/tfjs";
import type { PageBackend, PageOptions } from "./types/backend/web.js";
export type { PageBackend, PageOptions };
/**
 * Opens the backend and makes it tfjs's current one, once for all that ask until it is closed: the options count
 * for the first of them.
 */
export declare function openBackend(options?: PageOptions): Promise<PageBackend>;
`;

/** The types beside the two modules in dist/, by path in it. */
export async function bundleTypes(): Promise<Map<string, string>> {
  const made = new Map([
    ["kernels_backend.d.ts", backend],
    ["int8.d.ts", `export * from "./types/int8/mod.js";\n`],
  ]);
  for (const entry of ["backend/web.ts", "int8/mod.ts"]) {
    for (const [name, text] of await declarations(entry)) made.set(`types/${name}`, text);
  }
  return made;
}
