/**
 * `deno task npm`: the library as a package for Node.js and for bundlers of pages, in `dist/npm/`. Each module of
 * `lib/` becomes one of JavaScript with its types beside it, so that the kernels and the threads' modules are found
 * from there as they are here.
 */
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { bundleInt8 } from "./bundle_int8.ts";
import { takeNoArguments } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

interface Configuration {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** What every program needs that reads images. */
const needed = ["sharp"];
/** What only some entries need: torch and keras, tables and figures, the formats of other frameworks. */
const neededBySome = [
  ...["@tensorflow/tfjs", "@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"],
  ...["@observablehq/plot", "linkedom", "dejavu-fonts-ttf"],
  ...["protobufjs", "h5wasm", "fflate"],
];
/** The native TensorFlow and the library that decodes JPEGs are for Deno in the project's folder alone. */
const leftOut = [
  ...["@julusian/jpeg-turbo", "@mapbox/node-pre-gyp", "@tensorflow/tfjs-node-gpu"],
];

/** Modules of lib/ that belong to the package: those of the kernels' own language do not. */
function* modules(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "assembly") yield* modules(path);
    else if (/(?<!\.d)\.ts$/.test(name)) yield path;
  }
}

/** Files that stand beside the modules: the compiled kernels and the documents of formats. */
function* companions(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "assembly") yield* companions(path);
    else if (/\.(wasm|md)$/.test(name)) yield path;
  }
}

/** Names of our modules in imports and in URLs of threads. */
export function renamed(code: string): string {
  return code.replaceAll(/(["'])(\.{1,2}\/[^"'\n]+?)(?<!\.d)\.ts\1/g, "$1$2.js$1");
}

/** A package's own modules as JavaScript and their types, by path in the package. */
function compile(): Map<string, string> {
  const paths = [...modules(join(projectRoot, "lib"))];
  const host = ts.createCompilerHost({});
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    rootDir: projectRoot,
    outDir: projectRoot,
    types: [],
    noEmitOnError: false,
    noCheck: true, // `deno task check` has done it
    isolatedModules: true, // as in Deno, a module's code depends on that module alone: half of the time
  }, host);
  const made = new Map<string, string>();
  program.emit(undefined, (path, text) => made.set(relative(projectRoot, path), renamed(text)));
  return made;
}

/** The packages that modules of lib/ import, by name. */
export function packagesIn(code: Iterable<string>): Set<string> {
  const found = new Set<string>();
  for (const text of code) {
    for (
      const [, name] of text.replaceAll(/\/\*[^]*?\*\//g, "").matchAll(
        /(?:\bfrom |\bimport |\bimport\(|\bresolve\()"((?:@[\w-]+\/)?[\w-]+)(?:\/[^"]*)?"/g,
      )
    ) found.add(name!);
  }
  return found;
}

/** The package's description for npm. @throws SetupError naming a package that lib/ imports and no list here has */
function packageJson(
  { name, version, license, exports, imports }: Configuration,
  packages: Set<string>,
): string {
  const known = [...needed, ...neededBySome, ...leftOut];
  const unknown = [...packages].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new SetupError(`tasks/npm.ts does not say whether ${unknown} belongs to the package`);
  }
  const versionOf = (name: string) => {
    const [, given] = Object.entries(imports)
      .find(([key]) => key === name || key.startsWith(`${name}/`)) ?? [];
    const version = given?.match(/^npm:\/?(?:@[^/]+\/)?[^@/]+@([^/]+)/)?.[1];
    if (version === undefined) throw new SetupError(`deno.json names no version of ${name}`);
    return version;
  };
  const versions = (names: readonly string[]) =>
    Object.fromEntries(
      names.filter((name) => packages.has(name) || name === "dejavu-fonts-ttf")
        .map((name) => [name, versionOf(name)]),
    );
  const some = versions(neededBySome);
  return JSON.stringify(
    {
      name,
      version,
      license,
      description: "LeNet-5 three ways: training, pruning, int8 and classifiers in one file",
      type: "module",
      exports: Object.fromEntries(
        Object.entries(exports).map(([entry, path]) => {
          const base = path.replace(/\.ts$/, "");
          const code = entry === "./int8" ? "./int8.js" : `${base}.js`;
          return [entry, { types: `${base}.d.ts`, default: code }];
        }),
      ),
      engines: { node: ">=22.3" },
      dependencies: versions(needed),
      peerDependencies: some,
      peerDependenciesMeta: Object.fromEntries(
        Object.keys(some).map((name) => [name, { optional: true }]),
      ),
    },
    null,
    2,
  ) + "\n";
}

/** Writes the package into a folder, which is emptied before. @returns bytes of its files */
export async function buildPackage(folder: string): Promise<number> {
  const configuration: Configuration = JSON.parse(
    await Deno.readTextFile(join(projectRoot, "deno.json")),
  );
  const files = new Map<string, string | Uint8Array>(compile());
  const code = [...files].filter(([path]) => path.endsWith(".js")).map(([, text]) =>
    text as string
  );
  files.set("package.json", packageJson(configuration, packagesIn(code)));
  files.set("int8.js", await bundleInt8()); // alone, for pages
  for (const path of companions(join(projectRoot, "lib"))) {
    files.set(relative(projectRoot, path), await Deno.readFile(path));
  }
  for (const name of ["README.md", "lib/README.md", "CHANGELOG.md", "LICENSE"]) {
    files.set(name, await Deno.readFile(join(projectRoot, name)));
  }
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  let bytes = 0;
  for (const [path, content] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await writeAtomic(join(folder, path), content);
    bytes += content.length;
  }
  return bytes;
}

if (import.meta.main) {
  await main(async () => {
    takeNoArguments("npm");
    const folder = join(projectRoot, "dist", "npm");
    const bytes = await buildPackage(folder);
    console.log(
      `dist/npm: ${(bytes / 2 ** 20).toFixed(1)} MiB; ` +
        "npm pack ./dist/npm makes the file to install",
    );
  });
}
