/** Each task sets up what is missing, so none may load the native TensorFlow when it starts. */
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { projectRoot } from "../../lib/util/files.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** What is loaded as soon as a script starts: types and dynamic imports left out. */
async function loaded(script: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", script],
    cwd: projectRoot,
  }).output();
  const info: { readonly roots: readonly string[]; readonly modules: readonly Module[] } = JSON
    .parse(new TextDecoder().decode(stdout));
  const byName = new Map(info.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>(), waiting = [...info.roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier !== undefined && !isDynamic) waiting.push(code.specifier);
    }
  }
  return seen;
}

const needsNative = (names: Set<string>) =>
  [...names].filter((name) => name.endsWith("lib/backend/native_tensorflow.ts"));

for (const [task, { command }] of Object.entries(config.tasks)) {
  Deno.test(`task ${task} starts before the native TensorFlow is there`, async () => {
    const script = command.split(" ").find((word) => word.endsWith(".ts"));
    const names = await loaded(script!);
    assert(names.size > 3, `only ${names.size} modules: is the walk right?`);
    assert.deepEqual(needsNative(names), []);
  });
}

for (const [entry, path] of Object.entries(config.exports)) {
  Deno.test(`the entry ${entry} loads no native TensorFlow before it is needed`, async () => {
    assert.deepEqual(needsNative(await loaded(path)), []);
  });
}

Deno.test("the walk sees the native TensorFlow where it is loaded", async () => {
  assert.deepEqual(needsNative(await loaded("lib/backend/native_backend.ts")).length, 1);
});
