/** Compression as the paper did it: what it computes, and that it saves nothing. */
import assert from "node:assert/strict";
import { assertLess, assertThrows } from "../assert.ts";
import { magnitudeMasks, randomMasks } from "../../lib/compression/masks.ts";
import { fakeQuantize } from "../../lib/compression/quantization/quantized_training.ts";
import { applyMasks } from "../../lib/compression/masks.ts";
import { paperAmounts, paperCodeAmounts } from "../../lib/compression/pruning_amounts.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { asBatches, maxDifference, randomBatch, smallConvolutional } from "../systems/helpers.ts";

import { PaperCompressedSystem } from "../../lib/compression/paper_compression.ts";
import type { Sequential } from "../../lib/systems/torch/torch_layers.ts";
import * as tf from "../../lib/backend/tf.ts";

const optimizer = { kind: "adam", learningRate: 1e-3 } as const;

for (const [net, classes] of [[lenet5(), 50], [smallConvolutional, 4]] as const) {
  Deno.test(
    `${net.name}: a masked layer computes with zeros and keeps the weights behind them`,
    async () => {
      const weights = initialWeights(net, "pytorch", 1);
      const masks = randomMasks(net, weights, paperAmounts, 1);
      const batch = randomBatch(net, classes, 6);
      const [masked, plain] = [
        new PaperCompressedSystem(net, { masks }),
        await createSystem("torch", net),
      ];
      await masked.setWeights(weights);
      await plain.setWeights(applyMasks(weights, masks));
      const logits = await masked.predict(batch.images, 6);
      assertLess(maxDifference(logits, await plain.predict(batch.images, 6)), 1e-6);
      await masked.fit(asBatches(batch), { epochs: 3, optimizer });
      const after = await masked.weights();
      for (const [name, mask] of Object.entries(masks)) {
        const moved = after[name]!.data.map((w, i) => w - weights[name]!.data[i]!);
        assert(mask.every((keep, i) => keep === 1 || moved[i] === 0), `${name}: hidden ones stay`);
        assert(mask.some((keep, i) => keep === 1 && moved[i] !== 0), `${name}: others move`);
      }
      masked.dispose();
      plain.dispose();
    },
  );
}

Deno.test(
  "weights are rounded per channel, and the gradient passes as if they were not",
  async () => {
    const net = lenet5();
    const weights = initialWeights(net, "pytorch", 1);
    const batch = randomBatch(net, 50, 8);
    const logitsOf = async (
      system: InstanceType<typeof PaperCompressedSystem>,
      given = weights,
    ) => {
      await system.setWeights(given);
      return await system.predict(batch.images, 8);
    };
    const [rounding, plain] = [{ fakeQuantize: true }, {}].map((way) =>
      new PaperCompressedSystem(net, way)
    );
    const rounded = await logitsOf(rounding!), exact = await logitsOf(plain!);
    assert.notDeepEqual(rounded, exact);
    assertLess(maxDifference(rounded, exact), 0.02);
    // rounding what is rounded changes nothing
    const twice = await logitsOf(rounding!, fakeQuantize(weights, "channel"));
    assertLess(maxDifference(rounded, twice), 2e-3);
    const history = await rounding!.fit(asBatches(batch), { epochs: 30, optimizer });
    assertLess(history.at(-1)!.loss, history[0]!.loss / 2);
    rounding!.dispose();
    plain!.dispose();
  },
);

Deno.test(
  "disposing of compressed systems frees their tensors",
  () => {
    const net = lenet5(5);
    const masks = randomMasks(net, initialWeights(net, "pytorch", 1), paperAmounts, 1);
    const make = () => new PaperCompressedSystem(net, { masks, fakeQuantize: true }).dispose();
    make();
    const before = tf.memory().numTensors;
    make();
    assert.deepEqual(tf.memory().numTensors, before);
  },
);

Deno.test("a fused network computes the same bits as its layers one by one", async () => {
  const net = lenet5(7, { convActivation: "relu", denseActivation: "relu" });
  const weights = initialWeights(net, "pytorch", 1);
  const masks = magnitudeMasks(net, weights, paperCodeAmounts);
  const batch = randomBatch(net, 7, 6);
  for (const way of [{}, { masks }]) {
    const [fused, plain] = [{ ...way, fuse: true }, way].map((one) =>
      new PaperCompressedSystem(net, one)
    );
    const [few, many] = [fused!, plain!].map(({ model }) => (model as Sequential).modules.length);
    assert.equal(few, many! - 4, "four ReLUs fewer");
    for (const system of [fused!, plain!]) await system.setWeights(weights);
    for (const system of [fused!, plain!]) {
      await system.fit(asBatches(batch), { epochs: 2, optimizer });
    }
    const [own, other] = [await fused!.weights(), await plain!.weights()];
    for (const [name, { data }] of Object.entries(own)) {
      assert(data.every((w, i) => w === other[name]!.data[i]), `${name} is the same`);
    }
    fused!.dispose();
    plain!.dispose();
  }
});

Deno.test("ReLU's outputs, which have no bound, are not rounded in silence", () => {
  const net = lenet5(5, { denseActivation: "relu" });
  assertThrows(
    () => new PaperCompressedSystem(net, { fakeQuantize: true }),
    RangeError,
    "no bound",
  );
});
