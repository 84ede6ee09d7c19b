import assert from "node:assert/strict";
import { join } from "node:path";
import { exists } from "../../lib/util/files.ts";
import { stage } from "../../tasks/reproduce.ts";

Deno.test("new results stand apart from the old ones, trained weights are shared", async () => {
  const results = await Deno.makeTempDir();
  try {
    const old = join(results, "table.md");
    await Deno.writeTextFile(old, "old");
    await Deno.writeTextFile(join(await stage(results), "table.md"), "half of a run cut off");
    const staged = await stage(results);
    assert(!await exists(join(staged, "table.md")));
    await Deno.writeTextFile(join(staged, "table.md"), "new");
    await Deno.writeTextFile(join(staged, "runs", "numpy.safetensors"), "weights");
    assert.deepEqual(await Deno.readTextFile(old), "old");
    await Deno.remove(staged, { recursive: true });
    assert.deepEqual(
      await Deno.readTextFile(join(results, "runs", "numpy.safetensors")),
      "weights",
    );
  } finally {
    await Deno.remove(results, { recursive: true });
  }
});
