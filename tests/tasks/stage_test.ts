import assert from "node:assert/strict";
import { join } from "node:path";
import { exists } from "../../lib/util/files.ts";
import { type LinkFolder, stage, unstage } from "../../tasks/stage.ts";

/** As on a file system that has no links. */
const noLinks: LinkFolder = () => Promise.reject(new Deno.errors.NotSupported("no links here"));

for (const [where, link] of [["links", undefined], ["no links", noLinks]] as const) {
  Deno.test(`new results stand apart from the old ones, trained weights are shared: ${where}`, async () => {
    // a name with spaces
    const results = await Deno.makeTempDir({ prefix: "results of mine " });
    try {
      const old = join(results, "table.md"), weights = join("runs", "numpy.safetensors");
      await Deno.writeTextFile(old, "old");
      const cutOff = await stage(results, link);
      await Deno.writeTextFile(join(cutOff, "table.md"), "half of a run cut off");
      await Deno.writeTextFile(join(cutOff, "runs", "torch.safetensors"), "kept");
      const staged = await stage(results, link);
      assert(!await exists(join(staged, "table.md")));
      assert.equal(await Deno.readTextFile(join(staged, "runs", "torch.safetensors")), "kept");
      await Deno.writeTextFile(join(staged, "table.md"), "new");
      await Deno.writeTextFile(join(staged, weights), "weights");
      assert.equal(await Deno.readTextFile(old), "old");
      await unstage(results);
      assert(!await exists(staged));
      assert.equal(await Deno.readTextFile(join(results, weights)), "weights");
      assert.equal(await Deno.readTextFile(join(results, "runs", "torch.safetensors")), "kept");
      assert(await exists(join(results, "weights")));
    } finally {
      await Deno.remove(results, { recursive: true });
    }
  });
}
