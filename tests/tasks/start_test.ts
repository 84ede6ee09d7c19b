/** Each task sets up what is missing, so none may load the native TensorFlow when it starts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { projectRoot } from "../../lib/util/files.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Every script whose start is looked at, by its path in the project. */
const scripts = [
  ...Object.values(config.tasks).map(({ command }) => scriptOf(command)),
  ...Object.values(config.exports),
  "lib/backend/native_backend.ts",
];

function scriptOf(command: string): string {
  return command.split(" ").find((word) => word.endsWith(".ts"))!;
}

const address = (script: string) => pathToFileURL(join(projectRoot, script)).href;

/** The modules of all scripts, by name: deno looks at them together, as imports of one module. */
async function readGraph(): Promise<ReadonlyMap<string, Module>> {
  const folder = await Deno.makeTempDir();
  try {
    const all = join(folder, "all.ts");
    const imports = scripts.map((script) => `import ${JSON.stringify(address(script))};\n`);
    await Deno.writeTextFile(all, imports.join(""));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", join(projectRoot, "deno.json"), all],
      cwd: projectRoot,
    }).output();
    const { modules }: { readonly modules: readonly Module[] } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    return new Map(modules.map((module) => [module.specifier, module]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
let graph: Promise<ReadonlyMap<string, Module>> | undefined;

/** What is loaded as soon as a script starts: types and dynamic imports left out. */
async function loaded(script: string): Promise<Set<string>> {
  graph ??= readGraph();
  const modules = await graph;
  const seen = new Set<string>(), waiting = [address(script)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { code, isDynamic } of modules.get(name)?.dependencies ?? []) {
      if (code?.specifier !== undefined && !isDynamic) waiting.push(code.specifier);
    }
  }
  return seen;
}

const needsNative = (names: Set<string>) =>
  [...names].filter((name) => name.endsWith("lib/backend/native_tensorflow.ts"));

for (const [task, { command }] of Object.entries(config.tasks)) {
  Deno.test(`task ${task} starts before the native TensorFlow is there`, async () => {
    const names = await loaded(scriptOf(command));
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
