/** The torch and keras systems on the kernels and on the native TensorFlow: the same numbers, side by side. */
import assert from "node:assert/strict";
import { assertLess, assertRejects } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import type { BackendName } from "../../lib/backend/choose_backend.ts";
import { chosenKind } from "../../lib/backend/native_path.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { loadWeights } from "../../lib/model/safetensors.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import type { KerasSystem } from "../../lib/systems/keras/keras_system.ts";
import { TorchSystem } from "../../lib/systems/torch/torch_system.ts";
import type { FitOptions, System } from "../../lib/systems/system.ts";
import { fixtures } from "./fixtures.ts";
import { asBatches, formulaBatch, maxDifference, smallConvolutional } from "./helpers.ts";

const adam = { kind: "adam", learningRate: 1e-3 } as const;
const sgd = { kind: "sgd", learningRate: 1e-2, momentum: 0.9 } as const;
const ignore = chosenKind() === undefined;

async function started(name: System["name"], backend: BackendName): Promise<System> {
  const system = await createSystem(name, lenet5(), { backend });
  await system.setWeights((await loadWeights(fixtures.weights)).weights);
  return system;
}

/** Losses of the fixtures' 32 batches, each before its step. */
async function losses(system: System, optimizer: FitOptions["optimizer"]): Promise<number[]> {
  const losses: number[] = [];
  await system.fit(asBatches(...Array.from({ length: 32 }, (_, b) => formulaBatch(b))), {
    epochs: 1,
    optimizer,
    onBatch: ({ loss }) => void losses.push(loss),
  });
  return losses;
}

/** The backends that hold a system's weights, which are those that took its last step. */
function whereWeightsAre(system: System): BackendName[] {
  const variables = system instanceof TorchSystem
    ? system.model.parameters().map(({ data }) => data)
    : (system as KerasSystem).model.weights.map((weight) => weight.read());
  const { tensorInfo } = tf.engine().state;
  const names = variables.map(({ dataId }) =>
    tensorInfo.get(dataId)!.backend === tf.findBackend("tensorflow") ? "native" : "kernels"
  );
  return [...new Set<BackendName>(names)];
}

for (const name of ["torch", "keras"] as const) {
  Deno.test({
    name: `${name}: both backends infer and train as the real framework`,
    ignore,
    async fn() {
      const expected = await fixtures();
      for (const backend of ["kernels", "native"] as const) {
        const system = await started(name, backend);
        assert.deepEqual(system.runsOn.startsWith(backend), true, system.runsOn);
        const { images, size } = formulaBatch(0);
        const logits = await system.predict(images, size);
        assertLess(maxDifference(logits, expected.torch.logits), 1e-5);
        assertLess(maxDifference(await losses(system, adam), expected[name].adam), 1e-5, backend);
        system.dispose();
        const other = await started(name, backend);
        assertLess(maxDifference(await losses(other, sgd), expected.torch.sgd), 1e-5, backend);
        other.dispose();
      }
    },
  });
}

Deno.test({
  name: "systems on both backends train at the same time without touching each other",
  ignore,
  async fn() {
    const pairs = (["torch", "keras"] as const).flatMap((name) =>
      (["kernels", "native"] as const).map((backend) => ({ name, backend }))
    );
    const alone: number[][] = [];
    for (const { name, backend } of pairs) {
      const system = await started(name, backend);
      alone.push(await losses(system, adam));
      system.dispose();
    }
    const systems = await Promise.all(pairs.map(({ name, backend }) => started(name, backend)));
    const together = await Promise.all(systems.map((system) => losses(system, adam)));
    systems.forEach((system, i) => {
      const { name, backend } = pairs[i]!;
      assert.deepEqual(whereWeightsAre(system), [backend], `${name} on ${backend}`);
      system.dispose();
    });
    pairs.forEach(({ name, backend }, i) => {
      assertLess(maxDifference(together[i]!, alone[i]!), 1e-6, `${name} on ${backend}`);
    });
  },
});

Deno.test("colour images of another network infer alike in a batch and one by one", async () => {
  for (const name of ["torch", "keras"] as const) {
    const system = await createSystem(name, smallConvolutional, { backend: "kernels", seed: 3 });
    const length = 3 * 10 * 8;
    const images = Float32Array.from({ length: 9 * length }, (_, i) => Math.sin(i * 0.37));
    const all = await system.predict(images, 9);
    for (let n = 0; n < 9; n++) {
      const one = await system.predict(images.subarray(n * length, (n + 1) * length), 1);
      assertLess(maxDifference(one, all.subarray(4 * n, 4 * n + 4)), 1e-6);
    }
    system.dispose();
  }
});

Deno.test("a backend that there is not is refused by name, whatever the system", async () => {
  for (const name of ["numpy", "torch", "keras"] as const) {
    const backend = "wasm" as BackendName;
    await assertRejects(() => createSystem(name, lenet5(), { backend }), RangeError, "wasm");
  }
});

Deno.test("every system says what it runs on", async () => {
  const found = [];
  for (
    const [name, options] of [["numpy", { engine: "reference" }], ["numpy", {
      threads: 1,
    }]] as const
  ) {
    const system = await createSystem(name, lenet5(), options);
    found.push(system.runsOn);
    system.dispose();
  }
  assert.deepEqual(found, ["reference", "kernels (narrow, 1 thread)"]);
});
