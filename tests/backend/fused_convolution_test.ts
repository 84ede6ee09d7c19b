/** PyTorch's convolution in inference, which keeps the weight in the kernels' order: it has the bits of its operations. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import { convolve } from "../../lib/backend/fused_convolution.ts";
import { FusedAdam } from "../../lib/backend/fused_optimizers.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

interface Shape {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  height: fc.integer({ min: 3, max: 9 }),
  width: fc.integer({ min: 3, max: 9 }),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 20 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  seed: fc.nat(),
});

/** Images, weight and bias. */
function tensors(shape: Shape): [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] {
  const { count, height, width, channels, filters, kernel, seed } = shape;
  const rng = new Rng(seed);
  return [
    normals(rng, [count, height, width, channels]) as tf.Tensor4D,
    normals(rng, [filters, channels, kernel, kernel]) as tf.Tensor4D,
    normals(rng, [filters]) as tf.Tensor1D,
  ];
}

/** The same by tfjs's own operations. */
function plainly(images: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D, stride: number) {
  const filter = tf.transpose(weight, [2, 3, 1, 0]);
  return tf.add(tf.conv2d(images, filter, stride, "valid"), bias);
}

Deno.test("a convolution with PyTorch's weight has the bits of its operations, and so has what follows", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(shapes, (shape) => {
      tf.tidy(() => {
        const [images, weight, bias] = tensors(shape);
        for (
          const next of [tf.tanh, (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 1, 1, "valid")]
        ) {
          const fused = next(convolve(images, weight, bias, shape.stride));
          const plain = next(plainly(images, weight, bias, shape.stride));
          assert.deepEqual(fused.shape, plain.shape);
          assert.deepEqual(fused.dataSync(), plain.dataSync());
        }
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("a convolution with PyTorch's weight is the same on the CPU backend, with its gradients", async () => {
  const shape = { count: 2, height: 7, width: 6, channels: 2, filters: 5, kernel: 3, seed: 3 };
  const { ours, plain } = await onBoth(() => {
    const at = tensors({ ...shape, stride: 1 });
    const loss = (...[x, w, b]: tf.Tensor[]) =>
      tf.mean(tf.square(convolve(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, 1)));
    return [convolve(...at, 1), ...tf.grads(loss)(at)];
  });
  assertLess(worstDifference(ours, plain), 1e-5);
});

Deno.test("images that are smaller than the kernel, or of other channels, fail as in tfjs", async () => {
  await tf.setBackend(kernels.tfName);
  tf.tidy(() => {
    const [images, weight, bias] = tensors({
      ...{ count: 1, height: 5, width: 5, channels: 2, filters: 3, kernel: 3, stride: 1, seed: 1 },
    });
    const other = tf.ones([1, 5, 5, 3]) as tf.Tensor4D;
    assert.throws(() => convolve(other, weight, bias, 1), /depth of input \(3\) must match/);
    const small = tf.slice(images, [0, 0, 0, 0], [1, 2, 5, 2]);
    assert.equal(convolve(small, weight, bias, 1).size, 0);
  });
});

type Infer = (images: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D) => tf.Tensor4D;

/** One with PyTorch's order of the weight, and one whose packed filter alone is kept. */
const inferences: Readonly<Record<string, Infer>> = {
  "PyTorch's weight": (images, weight, bias) => convolve(images, weight, bias, 1),
  "a filter": (images, weight, bias) => {
    const filter = tf.reshape(weight, [3, 3, 2, 5]) as tf.Tensor4D;
    return tf.add(tf.conv2d(images, filter, 1, "valid"), bias);
  },
};

for (const [name, convolution] of Object.entries(inferences)) {
  Deno.test(`what is kept of ${name} for one image is made anew when the numbers change`, async () => {
    await tf.setBackend(kernels.tfName);
    const shape = { count: 1, height: 6, width: 7, channels: 2, filters: 5, kernel: 3, seed: 5 };
    const inUse = kernelsBackend().memory().bytesInUse;
    const [images, start, bias] = tensors({ ...shape, stride: 1 });
    const weight = tf.variable(start);
    const infer = (w: tf.Tensor4D) => tf.tidy(() => [...convolution(images, w, bias).dataSync()]);
    const fresh = () => tf.tidy(() => infer(tf.tensor4d(weight.dataSync(), weight.shape)));
    let before = infer(weight);
    const isAnew = () => {
      const now = infer(weight);
      assert.notDeepEqual(now, before);
      assert.deepEqual(now, fresh());
      before = now;
    };
    assert.deepEqual(before, fresh());
    const loss = () => tf.mean(tf.square(convolution(images, weight, bias))) as tf.Scalar;
    const adam = new FusedAdam(0.1, 1e-8);
    for (let step = 0; step < 2; step++) {
      adam.minimize(loss, false, [weight]);
      isAnew();
    }
    adam.dispose();
    tf.tidy(() => weight.assign(tf.neg(weight)));
    isAnew();
    // a convolution that waits has the numbers of its time
    const waiting = tf.tidy(() => convolution(images, weight, bias));
    tf.tidy(() => weight.assign(tf.neg(weight)));
    assert.deepEqual([...waiting.dataSync()], before);
    isAnew();
    const kept = kernelsBackend().memory().bytesInUse;
    infer(weight);
    assert.equal(kernelsBackend().memory().bytesInUse, kept);
    tf.dispose([images, start, bias, weight, waiting]);
    assert.equal(kernelsBackend().memory().bytesInUse, inUse);
  });
}
