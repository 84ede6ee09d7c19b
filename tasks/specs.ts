/**
 * `deno task test:specs`: runs the specs that @tensorflow/tfjs-core ships on the kernels backend. They are
 * modules of the package's sources, which the published bundle does not share its engine with, so specs,
 * core and backend are bundled together first. A run of all of them leaves their counts in results/specs.
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import * as esbuild from "esbuild";
import { projectRoot } from "../lib/util/files.ts";
import { Table } from "../lib/report/table.ts";
import { readWords } from "./arguments.ts";
import { main, SetupError } from "./run.ts";
import type { SpecCounts } from "./spec_runner.ts";

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

/** Leaves how many passed in the results. */
async function saveCounts(counts: SpecCounts): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile(join(core, "..", "package.json")));
  await new Table({
    title: "The specs of tfjs-core on the kernels backend",
    columns: [
      { key: "version", label: "tfjs-core" },
      { key: "run", label: "run" },
      { key: "passed", label: "passed" },
      { key: "failedAsListed", label: "failed as listed" },
      { key: "failedUnlisted", label: "failed unlisted" },
      { key: "skipped", label: "left out by themselves" },
      { key: "date", label: "date" },
    ],
    rows: [{ version, ...counts, date: new Date().toISOString().slice(0, 10) }],
    notes: ["Made by deno task test:specs. What is listed stands in tasks/known_spec_failures.ts."],
  }).save(join(projectRoot, "results", "specs"));
}

if (import.meta.main) {
  await main(async () => {
    const usage = "texts, none for all (specs whose names hold one of them are run), and " +
      "--all-messages, which shows whole messages";
    const kinds = { "all-messages": "boolean" } as const;
    const { values, words } = readWords("test:specs", Deno.args, kinds, usage);
    const folder = await Deno.makeTempDir();
    try {
      const bundle = join(folder, "specs.js");
      const files = await bundleSpecs(bundle);
      console.log(`bundled ${files} files of specs`);
      const { runSpecs } = await import(pathToFileURL(bundle).href);
      const counts: SpecCounts = await runSpecs(words, values["all-messages"] === true);
      if (words.length === 0) await saveCounts(counts);
      const { failedUnlisted } = counts;
      if (failedUnlisted > 0) {
        throw new SetupError(`${failedUnlisted} specs failed that are not listed`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
