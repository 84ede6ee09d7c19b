/** Nothing here runs with all permissions, and tasks/README.md lists those that each task has. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { knownDatasets } from "../lib/data/named/known_datasets.ts";
import { projectRoot } from "../lib/util/files.ts";
import config from "../deno.json" with { type: "json" };
import { documentText } from "../tasks/documents.ts";

/** Ways to give a program of Deno everything. */
const everything = /--allow-all\b|["'\s]-A["'\s,]|"eval"|\bdeno eval\b/;

/** Where one of them stands in the text, with the reason. */
const excepted: Readonly<Record<string, string>> = {
  "tests/permissions_test.ts": "looks for them",
  "tests/script.ts": "says what it is there to avoid",
  "tasks/chromium.ts": "says what it is there to avoid",
  "tests/data/named/download_test.ts": "only a process with all permissions may write to a device",
};

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name.startsWith(".")) continue; // while a notebook is checked, its code stands there
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (/\.([jt]s|py|sh|ipynb)$/.test(name)) yield path;
  }
}

Deno.test("no task and no program that is started has all permissions", () => {
  const { tasks, permissions } = config;
  for (const [name, { command }] of Object.entries(tasks)) {
    assert.doesNotMatch(command, everything, name);
  }
  for (const set of Object.values(permissions)) assert(!("all" in set));
  const folders = ["lib", "tasks", "bench", "tests", "notebooks"];
  const found = folders.flatMap((folder) => [...sources(join(projectRoot, folder))])
    .filter((path) => everything.test(Deno.readTextFileSync(path)))
    .map((path) => relative(projectRoot, path));
  assert.deepEqual(found.sort(), Object.keys(excepted).sort());
});

const flags = (text: string) => text.match(/--allow-[a-z]+(=[^\s`]+)?|-P\b(=\w+)?/g) ?? [];

const homes = config.permissions.default.net;

Deno.test("tasks/README.md lists the permissions that each task has in deno.json", async () => {
  const page = await documentText("tasks/README.md");
  const rows = page.split("\n## Permissions\n")[1]!.split("\n## ")[0]!.split("\n")
    .filter((line) => line.startsWith("| `")).map((line) => line.split("|"));
  const listed = rows.flatMap(([, names, given]) =>
    names!.match(/`[^`]+`/g)!.map((name) => [name.slice(1, -1), {
      flags: flags(given!).sort(),
      homes: given!.includes("the homes of the data sets"),
    }])
  );
  const own = Object.entries(config.tasks).map(([name, { command }]) => {
    const all = new Set(flags(command));
    const hasHomes = all.delete(`--allow-net=${homes.join()}`);
    return [name, { flags: [...all].sort(), homes: hasHomes }];
  });
  assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(own));
  assert.equal(listed.length, own.length, "a task stands in two rows");
});

Deno.test("the homes of the data sets are those that they are downloaded from", () => {
  const hosts = knownDatasets.flatMap(({ files }) => files.flatMap(({ urls }) => urls))
    .map((url) => new URL(url).host);
  assert.deepEqual([...new Set(hosts)].sort(), [...homes].sort());
});
