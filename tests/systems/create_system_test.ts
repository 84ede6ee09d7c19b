import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { needs } from "../requirements.ts";

/** What a process that predicts once has mapped into its memory. */
async function mapped(name: SystemName): Promise<string> {
  const code = `
    import "./lib/runs/run.ts";
    import { lenet5 } from "./lib/model/architecture.ts";
    import { createSystem } from "./lib/systems/create_system.ts";
    const system = await createSystem("${name}", lenet5());
    const logits = await system.predict(new Float32Array(1024), 1);
    if (logits.length !== 50) throw new Error("no logits");
    console.log(Deno.readTextFileSync("/proc/self/maps"));
    Deno.exit();`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
    cwd: projectRoot,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  return text(stdout);
}

Deno.test(
  ...needs("the native TensorFlow", "only torch and keras load the native TensorFlow"),
  async () => {
    for (const name of systemNames) {
      const isLoaded = (await mapped(name)).includes(join(".native", ""));
      assert.deepEqual(isLoaded, name !== "numpy", name);
    }
  },
);

Deno.test("an unknown system is refused by name", async () => {
  await assertRejects(() => createSystem("caffe" as SystemName, lenet5()), RangeError, "caffe");
});
