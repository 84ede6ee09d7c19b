/** Layers that are called one after the other infer what tfjs's own way does. */
import assert from "node:assert/strict";
import * as tf from "../../../lib/backend/tf.ts";
import { lenet5 } from "../../../lib/model/architecture.ts";
import { openBackend, withBackend } from "../../../lib/backend/choose_backend.ts";
import { applyStack } from "../../../lib/systems/keras/apply_stack.ts";
import { buildModel } from "../../../lib/systems/keras/sequential_model.ts";
import { Rng } from "../../../lib/util/rng.ts";

const backend = await openBackend("kernels");

Deno.test("plain layers, one after the other, infer what predict does", () => {
  withBackend(backend, () =>
    tf.tidy(() => {
      const model = buildModel(lenet5(), 1), rng = new Rng(2);
      const pixels = Float32Array.from({ length: 3 * 1024 }, () => rng.normal());
      const images = tf.tensor4d(pixels, [3, 32, 32, 1]);
      const logits = applyStack(model.layers.slice(0, -1), images)!;
      assert.deepEqual(
        [...tf.softmax(logits).dataSync()],
        [...(model.predict(images) as tf.Tensor).dataSync()],
      );
    }));
});

Deno.test("layers that pass on masks, or that nobody here knows, are left to tfjs", () => {
  const images = tf.zeros([1, 4, 4, 1]) as tf.Tensor4D;
  for (const layer of [tf.layers.masking(), tf.layers.inputLayer({ inputShape: [4, 4, 1] })]) {
    assert.equal(applyStack([layer, tf.layers.flatten()], images), undefined);
  }
  images.dispose();
});
