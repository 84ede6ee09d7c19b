/** lib/report only formats and draws what it is given. */
import assert from "node:assert/strict";
import { basename, dirname, join, relative } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";

const folder = join(projectRoot, "lib", "report");

/** Where modules may take everything from: here, and the statistics of numbers that are given. */
const inside = [`${folder}/`, `${join(projectRoot, "lib", "metrics")}/`];

/** All values (types are free) that lib/report may take from elsewhere in lib: names, counts, limits. */
const allowed = new Set([
  ...["systemNames", "systemTitles", "trace", "countParameters", "countMultiplyAdds"],
  ...["projectRoot", "writeAtomic", "MEASURED_SECONDS", "Stopped"],
  ...["deno", "isMissing", "readTextFile", "setEnvironment", "standardError"],
  ...["ALPHA", "paperVariants", "MEASURED_IMAGES", "rowName", "paperRuns", "rankingScore"],
]);

/** What the modules of lib/report may take from packages. */
const packages = new Set([
  "@observablehq/plot",
  "linkedom",
  "node:buffer",
  "node:module",
  "node:path",
]);

function* modules(path: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* modules(join(path, name));
    else if (name.endsWith(".ts")) yield join(path, name);
  }
}

/** The names that a module's source imports as values, by where they come from. */
function* valueImports(source: string): Generator<readonly [from: string, name: string]> {
  for (const [, names, from] of source.matchAll(/^import ([^;]*?) from "([^"]+)";/gms)) {
    if (names!.startsWith("type ")) continue;
    for (const name of names!.replace(/^\{|\}$/gs, "").split(",").map((part) => part.trim())) {
      if (name && !name.startsWith("type ")) yield [from!, name];
    }
  }
}

Deno.test("no table and no figure imports anything that trains, infers, measures or decodes", async () => {
  let count = 0;
  for (const path of modules(folder)) {
    const source = await Deno.readTextFile(path);
    const where = relative(projectRoot, path);
    for (const [from, name] of valueImports(source)) {
      count++;
      if (!from.startsWith(".")) assert(packages.has(from), `${where} imports ${from}`);
      else if (!inside.some((own) => join(dirname(path), from).startsWith(own))) {
        assert(allowed.has(name), `${where} imports ${name} from ${from}`);
      }
    }
    const dynamic = [...source.matchAll(/\bimport\(\s*"([^"]+)"/g)].map(([, from]) => from);
    // sharp turns a finished SVG into a PNG, and grey levels into an image inside an SVG
    assert.deepEqual(dynamic, basename(path) === "figure.ts" ? ["sharp", "sharp"] : [], where);
  }
  assert(count > 50, `only ${count} imports were found: does the pattern still match?`);
});

Deno.test("the pattern finds values and passes over types", () => {
  const source = `import type { A } from "./a.ts";
import { type B, createSystem } from "../b.ts";
import {
  type C,
  DataLoader,
} from "../c.ts";
import * as Plot from "@observablehq/plot";
`;
  assert.deepEqual([...valueImports(source)], [
    ["../b.ts", "createSystem"],
    ["../c.ts", "DataLoader"],
    ["@observablehq/plot", "* as Plot"],
  ]);
});
