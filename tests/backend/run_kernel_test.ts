/** Kernels called without tfjs's operations compute what these do, and what these refuse is refused as they do. */
import assert from "node:assert/strict";
import { flatten, maxPool, transpose } from "../../lib/backend/run_kernel.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, normals } from "./helpers.ts";

const ways: Readonly<Record<string, [ours: (x: tf.Tensor) => tf.Tensor, tfjs: typeof tf.neg]>> = {
  transpose: [(x) => transpose(x, [0, 3, 1, 2]), (x) => tf.transpose(x, [0, 3, 1, 2]) as never],
  maxPool: [
    (x) => maxPool(x as tf.Tensor4D, 2),
    (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid") as never,
  ],
  flatten: [flatten, (x) => tf.reshape(x as tf.Tensor, [(x as tf.Tensor).shape[0]!, -1]) as never],
};

for (const [name, [ours, tfjs]] of Object.entries(ways)) {
  for (const backend of [kernels.tfName, "cpu"]) {
    Deno.test(`${name} has the results and the gradient of tfjs's on ${backend}`, async () => {
      await tf.setBackend(backend);
      tf.tidy(() => {
        const x = normals(new Rng(1), [2, 5, 4, 3]);
        const results = (way: (x: tf.Tensor) => tf.Tensor) => {
          const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(way(x))))(x);
          return [way(x), gradient].map((found) => [found.shape, found.dtype, found.dataSync()]);
        };
        assert.deepEqual(results(ours), results(tfjs));
      });
    });
  }
  Deno.test(`${name} says of other tensors what tfjs says`, async () => {
    await tf.setBackend(kernels.tfName);
    tf.tidy(() => {
      for (const x of [tf.scalar(1), tf.ones([2, 3]), tf.ones([4, 6, 2]), tf.zeros([0, 2])]) {
        const said = (way: (x: tf.Tensor) => tf.Tensor) => {
          try {
            return way(x).shape;
          } catch (error) {
            return (error as Error).message;
          }
        };
        assert.deepEqual(said(ours), said(tfjs));
      }
    });
  });
}
