/** The rules behind the file tree: data flows one way, and tests try the same cases each time. */
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
  "formats",
  "classifier",
  "int8",
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

Deno.test("every test takes fast-check from tests/fast_check.ts, which gives it the same cases each time", async () => {
  let users = 0;
  for (const path of sources(join(projectRoot, "tests"))) {
    if (path.endsWith("tests/fast_check.ts") || path === import.meta.filename) continue;
    const text = await Deno.readTextFile(path);
    if (text.includes("/fast_check.ts")) users++;
    assert(!/from "fast-check"/.test(text), `${path} imports fast-check itself`);
  }
  assert(users > 40, `found only ${users} tests with properties`);
});

/** What only Deno has: locks on files, calls into libraries, the kernel of notebooks. */
const denoOnly = [
  "util/platform.ts",
  "pixels/turbo_library.ts",
  "report/kernel.ts",
  "report/progress_bar.ts",
];

Deno.test("lib/ asks for what is of the platform in one place, so that it runs in Node.js too", async () => {
  const lib = join(projectRoot, "lib"), found = new Set<string>();
  for (const path of sources(lib)) {
    const code = (await Deno.readTextFile(path)).replaceAll(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, "");
    if (/\bDeno\b/.test(code)) found.add(relative(lib, path));
  }
  assert.deepEqual([...found].toSorted(), denoOnly.toSorted());
});
