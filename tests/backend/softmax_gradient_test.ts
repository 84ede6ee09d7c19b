/** The gradient of softmax in one kernel against tfjs's own. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

/** Of a sum whose gradient at the softmax differs from place to place. */
function gradientOf(x: tf.Tensor, dim = -1): tf.Tensor {
  const weights = tf.reshape(tf.sin(tf.range(0, x.size)), x.shape);
  return tf.grad((x) => tf.sum(tf.mul(weights, tf.softmax(x, dim))))(x);
}

/** The same from tfjs's operations. */
function composed(x: tf.Tensor): tf.Tensor {
  const dy = tf.reshape(tf.sin(tf.range(0, x.size)), x.shape), y = tf.softmax(x);
  const product = tf.mul(dy, y);
  return tf.sub(product, tf.mul(tf.sum(product, [-1], true), y));
}

Deno.test("the gradient of softmax has the bits of tfjs's operations", async () => {
  await tf.setBackend(kernels.tfName);
  const shapes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, seed) => {
      tf.tidy(() => {
        const x = normals(new Rng(seed), shape);
        assert.deepEqual([...gradientOf(x).dataSync()], [...composed(x).dataSync()]);
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("it is one kernel, and gives back the memory that it needs in between", async () => {
  await tf.setBackend(kernels.tfName);
  const x = normals(new Rng(1), [30, 7]);
  const { kernelNames } = await tf.profile(() => gradientOf(x));
  assert(kernelNames.includes("SoftmaxGradient"));
  assert(!kernelNames.includes("Sub"));
  const { bytesInUse } = kernelsBackend().memory();
  tf.tidy(() => void gradientOf(x));
  assert.equal(kernelsBackend().memory().bytesInUse, bytesInUse);
  x.dispose();
});

Deno.test("a gradient of its gradient, and those of no or of odd numbers, are the CPU backend's", async () => {
  const { ours, plain } = await onBoth(() => {
    const x = normals(new Rng(2), [4, 5]);
    const inner = tf.grad((x) => tf.sum(tf.square(tf.softmax(x))));
    return [
      tf.grad((x) => tf.sum(tf.square(inner(x))))(x),
      gradientOf(tf.zeros([0, 3])),
      gradientOf(tf.tensor2d([[1, NaN], [Infinity, 2]])),
    ];
  });
  assert(ours[0]!.every((value) => value !== 0));
  assertLess(worstDifference(ours, plain), 1e-5);
});
