/** For one image torch and keras keep copies of the weights; what they predict follows the weights all the same. */
import assert from "node:assert/strict";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import type { System } from "../../lib/systems/system.ts";
import { asBatches, randomBatch } from "./helpers.ts";

const architecture = lenet5();

for (const name of ["torch", "keras"] as const) {
  Deno.test(`the ${name} system's answer to one image is that of a new system with its weights, after whatever changed them`, async () => {
    const make = (): Promise<System> => createSystem(name, architecture, { backend: "kernels" });
    using system = await make();
    const { images } = randomBatch(architecture, 50, 1, 7);
    let before = await system.predict(images, 1);
    const follows = async (what: string) => {
      using fresh = await make();
      await fresh.setWeights(await system.weights());
      const now = await system.predict(images, 1);
      assert.notDeepEqual(now, before, what);
      assert.deepEqual(now, await fresh.predict(images, 1), what);
      before = now;
    };
    await system.setWeights(initialWeights(architecture, "pytorch", 5));
    await follows("other weights");
    const train = asBatches(
      randomBatch(architecture, 50, 8, 1),
      randomBatch(architecture, 50, 8, 2),
    );
    for (
      const optimizer of [
        { kind: "adam", learningRate: 1e-3 },
        { kind: "sgd", learningRate: 0.01, momentum: 0.9 },
      ] as const
    ) {
      // between its steps as well
      const answers: Float32Array[] = [];
      await system.fit(train, {
        ...{ epochs: 2, optimizer },
        onBatch: async () => void answers.push(await system.predict(images, 1)),
      });
      assert.equal(new Set(answers.map(String)).size, 4);
      await follows(optimizer.kind);
    }
  });
}
