/** Dense layers as one kernel: against the operations that they stand for, and against finite differences. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import { dense, labelCrossEntropy, linear } from "../../lib/backend/fused_layers.ts";
import { FusedAdam } from "../../lib/backend/fused_optimizers.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

interface Shape {
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  readonly activation: "linear" | "tanh";
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  rows: fc.integer({ min: 1, max: 70 }),
  inputs: fc.integer({ min: 1, max: 40 }),
  units: fc.integer({ min: 1, max: 40 }),
  activation: fc.constantFrom("linear" as const, "tanh" as const),
  seed: fc.nat(),
});

/** Input, kernel and bias. */
function tensors({ rows, inputs, units, seed }: Shape): [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D] {
  const rng = new Rng(seed);
  return [
    normals(rng, [rows, inputs]) as tf.Tensor2D,
    normals(rng, [inputs, units]) as tf.Tensor2D,
    normals(rng, [units]) as tf.Tensor1D,
  ];
}

/** A function of the layer's results whose gradient reaches each of them. */
function loss(y: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mul(y, tf.sin(tf.reshape(tf.range(0, y.size), y.shape))));
}

type Layer = (...at: tf.Tensor[]) => tf.Tensor;

/** The layer's results, and the gradients of its three tensors. */
function resultsOf(layer: Layer, at: tf.Tensor[]): number[][] {
  return tf.tidy(() =>
    [layer(...at), ...tf.grads((...args) => loss(layer(...args)))(at)]
      .map((tensor) => [...tensor.dataSync()])
  );
}

Deno.test("a dense layer in one kernel has the bits of its operations, and of their gradients", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(shapes, (shape) => {
      tf.tidy(() => {
        const at = tensors(shape), { activation } = shape;
        const fused = resultsOf((x, kernel, bias) => dense(x!, kernel!, bias!, activation)!, at);
        const plain = resultsOf((x, kernel, bias) => {
          const sum = tf.add(tf.matMul(x!, kernel!), bias!);
          return activation === "tanh" ? tf.tanh(sum) : sum;
        }, at);
        assert.deepEqual(fused, plain);
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("a layer with tanh has the bits of the layer and a tanh of its own, and so have its gradients", async () => {
  await tf.setBackend(kernels.tfName);
  type Matrices = [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
  fc.assert(
    fc.property(shapes, (shape) => {
      tf.tidy(() => {
        const [x, weights, bias] = tensors(shape), at = [x, tf.transpose(weights), bias];
        const fused = resultsOf((...at) => linear(...at as Matrices, "tanh"), at);
        assert.deepEqual(fused, resultsOf((...at) => tf.tanh(linear(...at as Matrices)), at));
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("the gradients of dense layers are finite differences of their values", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(shapes, fc.boolean(), (shape, isTransposed) => {
      tf.tidy(() => {
        const [x, weights, bias] = tensors(shape), rng = new Rng(shape.seed + 1);
        const at = [x, isTransposed ? tf.transpose(weights) : weights, bias];
        const layer: Layer = (x, weights, bias) =>
          isTransposed
            ? linear(x as tf.Tensor2D, weights as tf.Tensor2D, bias as tf.Tensor1D)
            : dense(x!, weights!, bias!, shape.activation)!;
        const gradients = tf.grads((...args) => loss(layer(...args)))(at);
        at.forEach((tensor, k) => {
          const direction = normals(rng, tensor.shape);
          const along = tf.sum(tf.mul(gradients[k]!, direction)).dataSync()[0]!;
          const value = (step: number) =>
            loss(layer(...at.map((t, i) => i === k ? tf.add(t, tf.mul(direction, step)) : t)))
              .dataSync()[0]!;
          const error = Math.abs((value(0.01) - value(-0.01)) / 0.02 - along);
          assertLess(error, 0.01 * Math.max(1, Math.abs(along)));
        });
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("Dense of tfjs is computed in one kernel, and is the CPU backend's with any activation", async () => {
  const activations = ["linear", "tanh", "sigmoid", "relu", undefined] as const;
  for (const activation of activations) {
    for (const useBias of [true, false]) {
      const { ours, plain } = await onBoth(() => {
        const given = activation ? { activation } : {};
        const layer = tf.layers.dense({ units: 7, useBias, inputShape: [5], ...given });
        layer.build([null, 5]);
        const rng = new Rng(3);
        layer.setWeights(layer.getWeights().map(({ shape }) => normals(rng, shape)));
        const x = normals(rng, [9, 5]);
        const run = () => loss(layer.apply(x) as tf.Tensor);
        const { grads } = tf.variableGrads(run);
        const results = [layer.apply(x) as tf.Tensor, ...Object.values(grads)];
        return results;
      });
      assertLess(worstDifference(ours, plain), 1e-5);
    }
  }
  await tf.setBackend(kernels.tfName);
  const layer = tf.layers.dense({ units: 2, activation: "tanh", inputShape: [3] });
  const x = tf.ones([4, 3]);
  const { kernelNames } = await tf.profile(() => layer.apply(x) as tf.Tensor);
  assert.deepEqual(kernelNames, ["DenseForward"]);
  x.dispose();
});

Deno.test("a gradient within a gradient goes through what the outer one has saved", async () => {
  const { ours, plain } = await onBoth(() => {
    const x = tf.tensor1d([0.3, -0.7, 1.1]);
    const inner = (x: tf.Tensor) => tf.sum(tf.mul(tf.tanh(x), tf.square(x))) as tf.Scalar;
    const twice = tf.grad((x) => tf.sum(tf.square(tf.grad(inner)(x))))(x);
    // here the tape of the outer gradient has saved the tanh before the inner one begins
    const across = tf.grad((x) => {
      const y = tf.tanh(x);
      return tf.sum(tf.square(tf.grad((x) => tf.sum(tf.mul(y, tf.add(x, y))))(x)));
    })(x);
    return [twice, across];
  });
  assert(ours.flat().every((value) => value !== 0));
  assertLess(worstDifference(ours, plain), 1e-5);
});

Deno.test("gradients of gradients go through torch's Linear and its loss as on the CPU backend", async () => {
  const { ours, plain } = await onBoth(() => {
    const rows = (count: number, width: number) =>
      tf.reshape(tf.sin(tf.range(0, count * width)), [count, width]) as tf.Tensor2D;
    const labels = tf.tensor1d([0, 2, 1, 1], "int32"), bias = tf.tensor1d([0.1, 0.2, -0.3]);
    // a penalty on the gradient by the images, as a program might train with
    const penalised = (x: tf.Tensor, weight: tf.Tensor) => {
      const loss = (x: tf.Tensor) =>
        labelCrossEntropy(linear(x as tf.Tensor2D, weight as tf.Tensor2D, bias, "tanh"), labels);
      return tf.add(loss(x), tf.sum(tf.square(tf.grad(loss)(x))));
    };
    return tf.grads(penalised as (...args: tf.Tensor[]) => tf.Scalar)([rows(4, 6), rows(3, 6)]);
  });
  assert(ours.flat().every((value) => value !== 0));
  assertLess(worstDifference(ours, plain), 1e-5);
});

Deno.test("what is kept of weights for one image is made anew when an optimizer changes them", async () => {
  await tf.setBackend(kernels.tfName);
  const shape = { rows: 1, inputs: 40, units: 20, activation: "linear", seed: 5 } as const;
  const [x, transposed, bias] = tensors(shape);
  const weights = tf.variable(tf.tidy(() => tf.transpose(transposed) as tf.Tensor2D));
  const infer = (w: tf.Tensor2D) => tf.tidy(() => [...linear(x, w, bias).dataSync()]);
  const fresh = () => tf.tidy(() => infer(tf.tensor2d(weights.dataSync(), [20, 40])));
  const before = infer(weights);
  assert.deepEqual(before, fresh());
  const adam = new FusedAdam(0.1, 1e-8);
  adam.minimize(() => loss(linear(x, weights, bias)), false, [weights]);
  assert.notDeepEqual(infer(weights), before);
  assert.deepEqual(infer(weights), fresh());
  tf.tidy(() => weights.assign(tf.neg(weights)));
  assert.deepEqual(infer(weights), fresh());
  const inUse = kernelsBackend().memory().bytesInUse;
  infer(weights);
  assert.equal(kernelsBackend().memory().bytesInUse, inUse);
  adam.dispose();
  tf.dispose([x, transposed, bias, weights]);
});

Deno.test("gradients of dense layers leave no tensors behind", async () => {
  await tf.setBackend(kernels.tfName);
  const shape = { rows: 5, inputs: 4, units: 3, activation: "tanh", seed: 1 } as const;
  const before = tf.memory().numTensors;
  const at = tensors(shape);
  resultsOf((x, kernel, bias) => dense(x!, kernel!, bias!, "tanh")!, at);
  tf.dispose(at);
  assert.equal(tf.memory().numTensors, before);
});
