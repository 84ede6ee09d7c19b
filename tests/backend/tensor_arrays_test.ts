/** Reading and writing tensors as arrays, on the kernels and elsewhere. */
import assert from "node:assert/strict";
import { numbersOf, tensorOf } from "../../lib/backend/tensor_arrays.ts";
import * as tf from "../../lib/backend/tf.ts";
import { kernels } from "./helpers.ts";

for (const backend of [kernels.tfName, "cpu"]) {
  Deno.test(`a tensor's numbers are read as an array and written as one, on ${backend}`, async () => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      // its memory holds other numbers from before
      tf.fill([2, 3], 7).dispose();
      const written = tensorOf([2, 3], (numbers) => {
        assert.deepEqual([...numbers], [0, 0, 0, 0, 0, 0]);
        numbers[4] = 0.5;
      });
      assert.deepEqual([written.shape, written.dtype], [[2, 3], "float32"]);
      assert.deepEqual([...numbersOf(written)], [0, 0, 0, 0, 0.5, 0]);
      // one that waits to be computed, and other types
      const images = tf.ones([1, 3, 3, 1]), filter = tf.ones([2, 2, 1, 1]);
      const convolution = tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid");
      assert.deepEqual([...numbersOf(convolution)], [4, 4, 4, 4]);
      assert.deepEqual([...numbersOf(tf.tensor1d([3, 1], "int32"))], [3, 1]);
    });
    assert.deepEqual(tf.memory().numTensors, before);
  });
}
