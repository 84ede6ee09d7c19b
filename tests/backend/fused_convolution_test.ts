/** Convolutions as one kernel, in PyTorch's order of the weight and in TensorFlow's: the bits of their operations. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import { convolve, fusedConvolution } from "../../lib/backend/fused_convolution.ts";
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
  readonly strides: number;
  readonly activation: "linear" | "tanh";
  /** Whether the weight stands in PyTorch's order. */
  readonly isTurned: boolean;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  height: fc.integer({ min: 3, max: 9 }),
  width: fc.integer({ min: 3, max: 9 }),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 20 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  strides: fc.integer({ min: 1, max: 2 }),
  activation: fc.constantFrom("linear" as const, "tanh" as const),
  isTurned: fc.boolean(),
  seed: fc.nat(),
});

const small: Shape = {
  ...{ count: 1, height: 6, width: 7, channels: 2, filters: 5, kernel: 3, strides: 1, seed: 5 },
  ...{ activation: "linear", isTurned: true },
};

/** Images, weight and bias. */
function tensors(shape: Shape): [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] {
  const { count, height, width, channels, filters, kernel, isTurned, seed } = shape;
  const rng = new Rng(seed);
  const order = isTurned
    ? [filters, channels, kernel, kernel]
    : [kernel, kernel, channels, filters];
  return [
    normals(rng, [count, height, width, channels]) as tf.Tensor4D,
    normals(rng, order) as tf.Tensor4D,
    normals(rng, [filters]) as tf.Tensor1D,
  ];
}

type Layer = (images: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => tf.Tensor;

const fusedLayer = (shape: Shape): Layer => (images, weight, bias) =>
  fusedConvolution(images, weight, bias, shape)!;

/** The same by tfjs's own operations. */
const plainLayer = ({ strides, activation, isTurned }: Shape): Layer => (images, weight, bias) => {
  const filter = isTurned ? tf.transpose(weight, [2, 3, 1, 0]) : weight;
  const convolved = tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, strides, "valid");
  const sum = tf.add(convolved, bias);
  return activation === "tanh" ? tf.tanh(sum) : sum;
};

/** A function of results whose gradient reaches each of them. */
function loss(y: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mul(y, tf.sin(tf.reshape(tf.range(0, y.size), y.shape))));
}

const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid");

/** Results of the layer, pooled where that is possible, and the gradients of its three tensors. */
function resultsOf(layer: Layer, at: tf.Tensor[]): number[][] {
  return tf.tidy(() => {
    const { shape: [, height = 0, width = 0] } = layer(at[0]!, at[1]!, at[2]!);
    const next = height > 1 && width > 1 ? pool : (x: tf.Tensor) => x;
    const whole: Layer = (...args) => next(layer(...args));
    const gradients = tf.grads((...args) => loss(whole(args[0]!, args[1]!, args[2]!)))(at);
    const results = [layer(at[0]!, at[1]!, at[2]!), whole(at[0]!, at[1]!, at[2]!)];
    return [...results, ...gradients].map((tensor) => [...tensor.shape, ...tensor.dataSync()]);
  }) as unknown as number[][];
}

Deno.test("a convolution in one kernel has the bits of its operations, and of their gradients", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(shapes, (shape) => {
      tf.tidy(() => {
        const at = tensors(shape);
        assert.deepEqual(resultsOf(fusedLayer(shape), at), resultsOf(plainLayer(shape), at));
      });
    }),
    {
      numRuns: 60,
      examples: [[{ ...small, height: 3, width: 3 }], [{
        ...small,
        ...{ height: 3, width: 3, isTurned: false },
      }]],
    },
  );
});

Deno.test("gradients of a convolution in one kernel leave nothing behind", async () => {
  await tf.setBackend(kernels.tfName);
  for (const isTurned of [true, false]) {
    const shape = { ...small, isTurned, activation: "tanh" } as const, at = tensors(shape);
    const before = tf.memory().numTensors;
    resultsOf(fusedLayer(shape), at);
    const inUse = kernelsBackend().memory().bytesInUse;
    resultsOf(fusedLayer(shape), at);
    assert.deepEqual(
      [tf.memory().numTensors, kernelsBackend().memory().bytesInUse],
      [before, inUse],
    );
    tf.dispose(at);
  }
});

Deno.test("a gradient of the gradient of a convolution is that of the CPU backend", async () => {
  for (const isTurned of [true, false]) {
    const shape = { ...small, isTurned };
    const { ours, plain } = await onBoth(() => {
      const [images, weight, bias] = tensors(shape);
      const layer: Layer = tf.getBackend() === "cpu" ? plainLayer(shape) : fusedLayer(shape);
      const slope = (w: tf.Tensor) =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(layer(x, w, bias))))(images);
      return [slope(weight), tf.grad((w: tf.Tensor) => tf.sum(tf.square(slope(w))))(weight)];
    });
    assertLess(worstDifference(ours, plain), 1e-5);
  }
});

Deno.test("PyTorch's convolution is the same on the CPU backend", async () => {
  const { ours, plain } = await onBoth(() => convolve(...tensors(small), 1, "tanh"));
  assertLess(worstDifference(ours, plain), 1e-5);
});

Deno.test("images that are smaller than the kernel, or of other channels, are tfjs's", async () => {
  await tf.setBackend(kernels.tfName);
  tf.tidy(() => {
    const [images, weight, bias] = tensors(small);
    const other = tf.ones([1, 5, 5, 3]) as tf.Tensor4D;
    assert.throws(() => convolve(other, weight, bias, 1), /depth of input \(3\) must match/);
    const low = tf.slice(images, [0, 0, 0, 0], [1, 2, 7, 2]);
    assert.equal(convolve(low, weight, bias, 1).size, 0);
  });
});

for (const isTurned of [true, false]) {
  const order = isTurned ? "PyTorch's" : "TensorFlow's";
  Deno.test(`what is kept of a weight in ${order} order for one image is made anew when the numbers change`, async () => {
    await tf.setBackend(kernels.tfName);
    const shape = { ...small, isTurned };
    const inUse = kernelsBackend().memory().bytesInUse;
    const [images, start, bias] = tensors(shape);
    const weight = tf.variable(start), layer = fusedLayer(shape);
    const infer = (w: tf.Tensor) => tf.tidy(() => [...layer(images, w, bias).dataSync()]);
    const fresh = () => tf.tidy(() => infer(tf.tensor4d(weight.dataSync(), weight.shape)));
    let before = infer(weight);
    const isAnew = () => {
      const now = infer(weight);
      assert.notDeepEqual(now, before);
      assert.deepEqual(now, fresh());
      before = now;
    };
    assert.deepEqual(before, fresh());
    const adam = new FusedAdam(0.1, 1e-8);
    for (let step = 0; step < 2; step++) {
      adam.minimize(() => loss(layer(images, weight, bias)), false, [weight]);
      isAnew();
    }
    adam.dispose();
    tf.tidy(() => weight.assign(tf.neg(weight)));
    isAnew();
    // a convolution that waits has the numbers of its time
    const waiting = layer(images, weight, bias);
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
