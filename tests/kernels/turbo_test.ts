import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { turboFlags } from "../../lib/kernels/kernel_platform.ts";
import { computeInShort } from "./turbo_process.ts";

Deno.test("a process with V8's turbo flags computes the same bits with the wide kernels", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=test", "--no-check"]
      .concat(fileURLToPath(new URL("./turbo_process.ts", import.meta.url))),
    // flags on the command line are seen only with all permissions
    env: { DENO_V8_FLAGS: turboFlags.join(",") },
  }).output();
  const turbo = JSON.parse(new TextDecoder().decode(stdout));
  const here = await computeInShort();
  for (const name of turbo.names) assert.match(name, /wide/);
  for (const name of here.names) assert.match(name, /narrow/);
  assert.deepEqual(turbo.digest, here.digest);
});
