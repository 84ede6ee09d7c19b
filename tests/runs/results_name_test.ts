import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { ownResults } from "../../lib/runs/results_name.ts";

Deno.test("two data folders of one name have results of their own, at every start the same", () => {
  const base = Deno.makeTempDirSync();
  try {
    const [first, second] = [ownResults(base, "/a/animals"), ownResults(base, "/b/animals")];
    assert.deepEqual(first, join(base, "animals"));
    assert.match(second, /\/animals-[0-9a-f]{8}$/);
    assert.deepEqual(ownResults(base, "/b/animals/"), second);
    assert.deepEqual(ownResults(base, "/a/../a/animals"), first);
    assert.notDeepEqual(ownResults(base, "/c/animals"), second);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

Deno.test("a data folder does not write into results that do not say whose they are", () => {
  const base = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(join(base, "tiny50"));
    assert.match(ownResults(base, "/somewhere/tiny50"), /\/tiny50-[0-9a-f]{8}$/);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

Deno.test("the project's own data has plain names", () => {
  const results = join(projectRoot, "results");
  assert.deepEqual(
    ownResults(results, join(projectRoot, "data", "synthetic50-full")),
    join(results, "synthetic50-full"),
  );
});
