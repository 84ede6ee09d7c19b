import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { type BackendName, backendNames } from "../../lib/backend/choose_backend.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { needs } from "../requirements.ts";
import { scriptArguments } from "../script.ts";

/** What a process that predicts once has mapped into its memory, after a line that says what computed. */
async function mapped(name: SystemName, backend: BackendName): Promise<string> {
  const lib = new URL("../../lib/", import.meta.url).href;
  const code = `
    import "${lib}runs/run.ts";
    import { lenet5 } from "${lib}model/architecture.ts";
    import { createSystem } from "${lib}systems/create_system.ts";
    const system = await createSystem("${name}", lenet5(), { backend: "${backend}" });
    const logits = await system.predict(new Float32Array(1024), 1);
    if (logits.length !== 50) throw new Error("no logits");
    console.log(system.runsOn);
    // Deno hides its own file of this name, and not from other programs
    await new Deno.Command("cat", { args: ["/proc/" + Deno.pid + "/maps"] }).spawn().status;
    Deno.exit();`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: scriptArguments(code),
    cwd: projectRoot,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  return text(stdout);
}

Deno.test(
  ...needs("the native TensorFlow", "only torch and keras on native load the native TensorFlow"),
  async () => {
    for (const name of systemNames) {
      for (const backend of backendNames) {
        const maps = await mapped(name, backend);
        const isNative = name !== "numpy" && backend === "native";
        assert.deepEqual(maps.includes(join(".native", "")), isNative, `${name} on ${backend}`);
        assert.match(maps, isNative ? /^native TensorFlow \d/ : /^kernels \(/, name);
      }
    }
  },
);

Deno.test("an unknown backend is refused by name", async () => {
  const backend = "webgl" as BackendName;
  await assertRejects(() => createSystem("torch", lenet5(), { backend }), RangeError, "webgl");
});

Deno.test("an unknown system is refused by name", async () => {
  await assertRejects(() => createSystem("caffe" as SystemName, lenet5()), RangeError, "caffe");
});
