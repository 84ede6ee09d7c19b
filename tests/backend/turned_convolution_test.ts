/** A convolution that waits may be transposed, and its transpose waits with it. */
import assert from "node:assert/strict";
import { openBackend, withBackend } from "../../lib/backend/choose_backend.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";

Deno.test("the transpose of a waiting convolution holds the convolution's numbers in their new order", async () => {
  const backend = await openBackend("kernels");
  const rng = new Rng(1);
  const numbers = (length: number) => Float32Array.from({ length }, () => rng.normal());
  withBackend(backend, () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const image = tf.tensor4d(numbers(2 * 9 * 7 * 3), [2, 9, 7, 3]);
      const filter = tf.tensor4d(numbers(3 * 3 * 3 * 4), [3, 3, 3, 4]);
      const waiting = tf.conv2d(image, filter, 1, "valid");
      const turned = tf.transpose(waiting, [0, 3, 1, 2]);
      const read = turned.dataSync();
      const plain = waiting.dataSync();
      const [n, h, w, c] = waiting.shape;
      for (let i = 0; i < n; i++) {
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            for (let f = 0; f < c; f++) {
              assert.equal(
                read[((i * c + f) * h + y) * w + x],
                plain[((i * h + y) * w + x) * c + f],
              );
            }
          }
        }
      }
      // one that nobody reads, and one whose convolution is gone before it is read
      tf.transpose(tf.conv2d(image, filter, 1, "valid"), [0, 3, 1, 2]);
      const gone = tf.conv2d(image, filter, 1, "valid");
      const left = tf.transpose(gone, [0, 3, 1, 2]);
      gone.dispose();
      assert.deepEqual(left.dataSync(), read);
    });
    assert.equal(tf.memory().numTensors, before);
  });
});
