import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { BackendName } from "../../lib/backend/choose_backend.ts";
import { chosenKind } from "../../lib/backend/native_path.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { projectRoot } from "../../lib/util/files.ts";

/** What a process that predicts once has mapped into its memory. */
async function mapped(name: SystemName, backend: BackendName): Promise<string> {
  const code = `
    import "./lib/runs/run.ts";
    import { lenet5 } from "./lib/model/architecture.ts";
    import { createSystem } from "./lib/systems/create_system.ts";
    const system = await createSystem("${name}", lenet5(), { backend: "${backend}" });
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

Deno.test({
  name: "only torch and keras on the native backend load the native TensorFlow",
  ignore: chosenKind() === undefined,
  async fn() {
    for (const name of systemNames) {
      for (const backend of ["kernels", "native"] as const) {
        const isLoaded = (await mapped(name, backend)).includes(join(".native", ""));
        assertEquals(isLoaded, name !== "numpy" && backend === "native", `${name}, ${backend}`);
      }
    }
  },
});

Deno.test("a system that there is not is refused by name", async () => {
  await assertRejects(() => createSystem("caffe" as SystemName, lenet5()), RangeError, "caffe");
});
