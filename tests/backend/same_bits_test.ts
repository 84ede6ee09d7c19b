import assert from "node:assert/strict";
import { assertStringIncludes } from "../assert.ts";
import { turboFlags } from "../../lib/kernels/kernel_platform.ts";

/** Trains both systems in a process of its own; a digest of what they have learned. */
async function learned(threads: number, build: string, flags: readonly string[] = []) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "-P=test"],
      ...(flags.length > 0 ? [`--v8-flags=${flags.join(",")}`] : []),
      ...[new URL("./train_both.ts", import.meta.url).pathname, String(threads), build],
    ],
    env: { LENET_BACKEND: "kernels" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.deepEqual(success, true, text(stderr));
  const lines = text(stdout).trim().split("\n");
  assertStringIncludes(lines[0]!, `(${build}, ${threads} thread`);
  return lines.slice(1);
}

Deno.test("torch and keras learn the same bits on 1, 2 and 4 threads, in both builds and in turbo", async () => {
  const [first, ...others] = await Promise.all([
    learned(1, "narrow"),
    learned(2, "narrow"),
    learned(4, "narrow"),
    learned(2, "wide"),
    learned(2, "wide", turboFlags),
  ]);
  assert.deepEqual(first!.length, 2);
  for (const other of others) assert.deepEqual(other, first);
});
