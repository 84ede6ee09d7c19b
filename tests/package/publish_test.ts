/** What `deno publish` would send: the library, and nothing that is about the project. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { assertLess } from "../assert.ts";

const wanted = [
  /^(deno\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^lib\/([a-z0-9_]+\/)*[a-z0-9_]+\.ts$/,
  /^lib\/backend\/pre_binding\.d\.ts$/,
  /^lib\/kernels\/(tensor\/)?builds\/(narrow|wide)(-dot)?\.wasm$/,
  /^lib\/([a-z_]+\/)*(README|FORMAT)\.md$/,
];

/** Bytes of a size as `deno publish` writes it. */
function bytesOf(size: string): number {
  const [, number, unit] = /^([\d.]+)(B|KB|MB)$/.exec(size)!;
  return Number(number) * { B: 1, KB: 1000, MB: 1_000_000 }[unit as "B"];
}

Deno.test("deno publish takes lib/ with its kernels and four files more, in less than 2.5 MB", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: projectRoot,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  assert(success, said);
  assert.doesNotMatch(said, /slow-types/);
  // in a checkout, and there alone, this one is told which module to load
  const warnings = [...said.matchAll(/warning\[([\w-]+)\].*\n +--> .*\/(\w+\.ts):/g)];
  assert.deepEqual(
    warnings.map(([, kind, file]) => `${kind} ${file}`),
    ["unanalyzable-dynamic-import side_by_side_process.ts"],
  );
  assert.equal(said.match(/warning\[/g)?.length, 1);
  const root = `file://${projectRoot}`;
  const files = [...said.matchAll(/^ *(file:\S+) \(([\d.]+[KM]?B)\)$/gm)]
    .map(([, url, size]) => ({ path: decodeURI(url!).slice(root.length), size: bytesOf(size!) }));
  const paths = files.map(({ path }) => path);
  assert.deepEqual(paths.filter((path) => !wanted.some((pattern) => pattern.test(path))), []);
  const config = JSON.parse(await Deno.readTextFile(join(projectRoot, "deno.json")));
  for (const entry of Object.values<string>(config.exports)) {
    assert(paths.includes(entry.slice(2)), `${entry} is missing`);
  }
  assert.equal(paths.filter((path) => path.endsWith(".wasm")).length, 6);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  assertLess(bytes, 2_500_000);
});
