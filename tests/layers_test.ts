/** The rule behind the file tree: data flows one way, and no step imports one that comes later. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

/** The folders of `lib/` in the order of the data. */
const order = [
  "util",
  "data",
  "pixels",
  "model",
  "kernels",
  "backend",
  "systems",
  "compression",
  "classifier",
  "metrics",
  "runs",
  "diagnosis",
  "report",
];

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

Deno.test("no folder of lib/ imports a later one, or anything outside lib/", async () => {
  const lib = join(projectRoot, "lib");
  const folders = [...Deno.readDirSync(lib)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  assert.deepEqual(folders.toSorted(), order.toSorted());
  let imports = 0;
  for (const path of sources(lib)) {
    const folder = relative(lib, path).split("/")[0]!;
    const own = folder === "mod.ts" ? order.length : order.indexOf(folder); // the entry is last
    for (
      const [, target] of (await Deno.readTextFile(path)).matchAll(/["'](\.\.?\/[^"']+\.ts)["']/g)
    ) {
      const step = order.indexOf(relative(lib, join(dirname(path), target!)).split("/")[0]!);
      assert(step >= 0, `${relative(projectRoot, path)} imports ${target}, outside lib/`);
      assert(step <= own, `${relative(projectRoot, path)} imports ${target}, a later step`);
      imports++;
    }
  }
  assert(imports > 100, `found only ${imports} imports: does the pattern still match?`);
});
