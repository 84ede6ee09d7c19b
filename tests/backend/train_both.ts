/** Trains torch and keras for some steps and prints what they run on and digests of their weights. */
import { openBackend } from "../../lib/backend/choose_backend.ts";
import type { TensorBuild } from "../../lib/kernels/tensor/open_tensor_kernels.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { asBatches, randomBatch } from "../systems/helpers.ts";

const [threads, build] = [Number(Deno.args[0]), Deno.args[1] as TensorBuild | undefined];
const { name: backend, runsOn } =
  await (build ? openBackend("kernels", { threads, build }) : openBackend("native"));
console.log(runsOn);
for (const name of ["torch", "keras"] as const) {
  const system = await createSystem(name, lenet5(), { seed: 1, backend });
  const batches = asBatches(randomBatch(lenet5(), 50, 100, 1), randomBatch(lenet5(), 50, 37, 2));
  await system.fit(batches, { epochs: 3, optimizer: { kind: "adam", learningRate: 1e-3 } });
  const weights = Object.values(await system.weights());
  const bytes = new Uint8Array(
    await new Blob(weights.map(({ data }) => data as Float32Array<ArrayBuffer>)).arrayBuffer(),
  );
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  console.log(name, digest.toHex());
}
Deno.exit();
