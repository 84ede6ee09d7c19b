/** A training goes through its own epochs, whoever else goes through the same loader meanwhile. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { PackedPixels } from "../../lib/pixels/packed.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { predictAll } from "../../lib/systems/evaluate.ts";
import type { FitOptions } from "../../lib/systems/system.ts";
import { Rng } from "../../lib/util/rng.ts";
import { asBatches, perceptron, randomBatch } from "./helpers.ts";

const rng = new Rng(1);
const pixels = new PackedPixels(
  Uint8Array.from({ length: 12 * 30 }, () => rng.int(256)),
  Int32Array.from({ length: 12 }, () => rng.int(6)),
  ...[1, 6, 5] as const,
  "random",
);
const normalisation = { mean: 127, std: 74 };
const shuffled = () =>
  new DataLoader(pixels, { batchSize: 4, shuffle: true, seed: 1, normalisation });
const options: FitOptions = { epochs: 3, optimizer: { kind: "adam", learningRate: 0.1 } };

for (const name of systemNames) {
  const make = () => createSystem(name, perceptron, { seed: 1 });

  Deno.test(`${name}: two trainings at once, and one that looks at its own images, are as if alone`, async () => {
    using alone = await make();
    await alone.fit(shuffled(), options);
    const expected = await alone.weights();
    using first = await make();
    using second = await make();
    const shared = shuffled();
    await Promise.all([first.fit(shared, options), second.fit(shared, options)]);
    assert.deepEqual(await first.weights(), expected);
    assert.deepEqual(await second.weights(), expected);
    using looking = await make();
    const train = shuffled();
    await looking.fit(train, {
      ...options,
      onEpoch: async () => void await predictAll(looking, train),
    });
    assert.deepEqual(await looking.weights(), expected);
  });

  Deno.test(`${name}: a second training with a loader goes through its next epochs`, async () => {
    using system = await make();
    using other = await make();
    const loader = shuffled(), later = shuffled();
    await system.fit(loader, options);
    assert.equal(loader.epoch, 3);
    await other.setWeights(await system.weights());
    await system.fit(loader, options);
    later.setEpoch(3);
    await other.fit(later, options);
    assert.deepEqual(await system.weights(), await other.weights());
  });
}

Deno.test("the training loader is refused as validation, a list of batches is not", async () => {
  using system = await createSystem("numpy", perceptron);
  const train = shuffled();
  await assertRejects(
    () => system.fit(train, { ...options, validation: train }),
    RangeError,
    "validation must not be the training loader itself",
  );
  const list = asBatches(randomBatch(perceptron, 6, 4));
  assert.equal((await system.fit(list, { ...options, validation: list })).length, 3);
});
