import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertStringIncludes } from "../assert.ts";
import { turboFlags } from "../../lib/kernels/kernel_platform.ts";
import { needs } from "../requirements.ts";

/**
 * Trains both systems in a process of its own; a digest of what they have learned.
 * @param build of the kernels; without one the native TensorFlow computes
 */
async function learned(threads: number, build?: string, flags: readonly string[] = []) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "-P=test"],
      ...(flags.length > 0 ? [`--v8-flags=${flags.join(",")}`] : []),
      ...[fileURLToPath(new URL("./train_both.ts", import.meta.url)), String(threads)],
      ...build ? [build] : [],
    ],
    env: { LENET_NATIVE: "cpu", TF_NUM_INTRAOP_THREADS: `${threads}`, TF_CPP_MIN_LOG_LEVEL: "2" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.deepEqual(success, true, text(stderr));
  const lines = text(stdout).trim().split("\n");
  assertStringIncludes(lines[0]!, build ? `(${build}, ${threads} thread` : "native TensorFlow");
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

Deno.test(
  ...needs(
    "the native TensorFlow",
    "on the native TensorFlow the bits come again, in turbo too, and are others on other threads",
  ),
  async () => {
    const [first, again, turbo, two, kernels] = await Promise.all([
      learned(1),
      learned(1),
      learned(1, undefined, turboFlags),
      learned(2),
      learned(1, "narrow"),
    ]);
    assert.deepEqual([again, turbo], [first, first]);
    for (const system of [0, 1]) {
      assert.notEqual(two![system], first![system], "the README says that threads matter");
      assert.notEqual(kernels![system], first![system], "the README says that the backend matters");
    }
  },
);
