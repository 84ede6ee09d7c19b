/**
 * `deno task test:specs`: runs the specs that @tensorflow/tfjs-core ships on the kernels backend. They are
 * modules of the package's sources, which the published bundle does not share its engine with, so specs,
 * core and backend are bundled together first.
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import * as esbuild from "esbuild";
import { projectRoot } from "../lib/util/files.ts";
import { main, SetupError } from "./run.ts";

const require = createRequire(import.meta.url);

/** The package's compiled sources and specs. */
const core = dirname(require.resolve("@tensorflow/tfjs-core"));
const jasmineCore = dirname(require.resolve("jasmine-core/package.json"));

function* specsIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* specsIn(path);
    else if (name.endsWith("_test.js")) yield path;
  }
}

/** Bundles specs, tfjs-core and the kernels backend into one module. */
async function bundleSpecs(outfile: string): Promise<number> {
  const specs = [...specsIn(core)].sort();
  const runner = join(projectRoot, "tasks", "spec_runner.ts");
  await esbuild.build({
    stdin: {
      contents: [runner, ...specs].map((path) => `import ${JSON.stringify(path)};`).join("\n") +
        `export { runSpecs } from ${JSON.stringify(runner)};`,
      resolveDir: projectRoot,
    },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    // the package calls its specs free of side effects, and they would be left out
    ignoreAnnotations: true,
    mainFields: ["module", "main"],
    alias: { "jasmine-core": jasmineCore },
    logLevel: "error",
    banner: {
      js:
        `import { createRequire as _createRequire } from "node:module"; const require = _createRequire(${
          JSON.stringify(import.meta.url)
        });`,
    },
    plugins: [{
      name: "module addresses",
      setup(build) {
        // modules find their workers and .wasm files beside themselves
        build.onLoad({ filter: /[\\/]lib[\\/].*\.ts$/ }, async ({ path }) => ({
          contents: (await Deno.readTextFile(path))
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
          loader: "ts",
        }));
      },
    }],
  });
  await esbuild.stop();
  return specs.length;
}

if (import.meta.main) {
  await main(async () => {
    const folder = await Deno.makeTempDir();
    try {
      const bundle = join(folder, "specs.js");
      const files = await bundleSpecs(bundle);
      console.log(`bundled ${files} files of specs`);
      const { runSpecs } = await import(pathToFileURL(bundle).href);
      const unlisted = await runSpecs(Deno.args);
      if (unlisted > 0) throw new SetupError(`${unlisted} specs failed that are not listed`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
