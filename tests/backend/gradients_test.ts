/** Gradients of convolution, pooling and activations: against finite differences, and with and without waiting. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

interface Shape {
  readonly batch: number;
  readonly side: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: "same" | "valid";
  readonly activation: "tanh" | "relu" | "sigmoid" | "none";
  readonly pool: "max" | "avg" | "none";
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  side: fc.integer({ min: 7, max: 11 }),
  channels: fc.integer({ min: 1, max: 4 }),
  filters: fc.integer({ min: 1, max: 7 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 2 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
  activation: fc.constantFrom(
    "tanh" as const,
    "relu" as const,
    "sigmoid" as const,
    "none" as const,
  ),
  pool: fc.constantFrom("max" as const, "avg" as const, "none" as const),
  seed: fc.nat(),
});

/** Input, filter and bias of a shape. */
function inputs({ batch, side, channels, filters, kernel, seed }: Shape): tf.Tensor[] {
  const rng = new Rng(seed);
  return [
    normals(rng, [batch, side, side, channels]),
    normals(rng, [kernel, kernel, channels, filters]),
    normals(rng, [filters]),
  ];
}

/** A smooth function of convolution, bias, activation and pooling, whose gradient reaches every number. */
function loss(shape: Shape, [x, filter, bias]: tf.Tensor[]): tf.Scalar {
  const { stride, pad, activation, pool } = shape;
  const convolved = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);
  let y: tf.Tensor4D = tf.add(convolved, bias!);
  if (activation !== "none") y = tf[activation](y);
  if (pool === "max") y = tf.maxPool(y, 2, 2, pad);
  if (pool === "avg") y = tf.avgPool(y, 2, 2, pad);
  return tf.mean(tf.mul(y, tf.sin(tf.reshape(tf.range(0, y.size), y.shape))));
}

Deno.test("gradients of convolution, activation and pooling are finite differences of the values", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(shapes, (shape) => {
      // tfjs counts the padding in the gradient of an average, though not in the average
      if (shape.pool === "avg" && shape.pad === "same") return;
      tf.tidy(() => {
        const at = inputs(shape), rng = new Rng(shape.seed + 1);
        const gradients = tf.grads((...args: tf.Tensor[]) => loss(shape, args))(at);
        at.forEach((tensor, k) => {
          const direction = normals(rng, tensor.shape);
          const along = tf.sum(tf.mul(gradients[k]!, direction)).dataSync()[0]!;
          const value = (step: number) =>
            loss(shape, at.map((t, i) => i === k ? tf.add(t, tf.mul(direction, step)) : t))
              .dataSync()[0]!;
          // a kink of relu or of a maximum may lie within a step; hardly within each of these
          const errors = [1e-3, 4e-4, 2e-4, 1e-4].map((step) =>
            Math.abs((value(step) - value(-step)) / (2 * step) - along)
          );
          assertLess(
            Math.min(...errors),
            3e-3 + 3e-3 * Math.abs(along),
            `${JSON.stringify(shape)}, input ${k}`,
          );
        });
      });
    }),
    // the same shapes each time: with others a kink is met once in some hundred
    { numRuns: 60, seed: 2 },
  );
});

Deno.test("gradients of any shape are the CPU backend's", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const { ours, plain } = await onBoth(() =>
        tf.grads((...args: tf.Tensor[]) => loss(shape, args))(inputs(shape))
      );
      assertLess(worstDifference(plain, ours), 2e-5, JSON.stringify(shape));
    }),
    { numRuns: 60 },
  );
});

Deno.test("shapes that the joined convolution and pooling refuses take the plain way", async () => {
  const usual = { batch: 4, stride: 1, pad: "valid", activation: "tanh", pool: "max" } as const;
  const refused: readonly Shape[] = [
    // LeNet-5's second convolution on images of 16 × 16
    { ...usual, side: 6, channels: 6, filters: 16, kernel: 5, seed: 1 },
    // rows of more than 2,040 numbers: Keras's usual second convolution on images of 134 × 134 and more
    { ...usual, side: 66, channels: 32, filters: 1, kernel: 3, seed: 2 },
  ];
  for (const shape of refused) {
    const { ours, plain } = await onBoth(() => {
      const at = inputs(shape);
      const gradients = tf.grads((...args: tf.Tensor[]) => loss(shape, args))(at);
      return [...gradients, loss(shape, at)];
    });
    assertLess(worstDifference(plain, ours), 2e-5, JSON.stringify(shape));
  }
});

/** Shapes that the kernels convolve and pool at once. */
const poolable = shapes.map((shape): Shape => ({
  ...shape,
  side: shape.kernel + 7,
  stride: 1,
  pad: "valid",
  pool: "max",
}));

Deno.test("a convolution that waits for its pooling gives what one does that somebody has looked at", async () => {
  await tf.setBackend(kernels.tfName);
  fc.assert(
    fc.property(poolable, (shape) => {
      const run = (look: (tensor: tf.Tensor) => void) =>
        tf.tidy(() => {
          const step = (...[x, filter, bias]: tf.Tensor[]) => {
            const y = tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid"), bias!);
            look(y);
            const z = shape.activation === "none" ? y : tf[shape.activation](y);
            look(z);
            const pooled = tf.maxPool(z as tf.Tensor4D, 2, 2, "valid");
            return tf.sum(
              tf.mul(pooled, tf.sin(tf.reshape(tf.range(0, pooled.size), pooled.shape))),
            );
          };
          const { value, grads } = tf.valueAndGrads(step as () => tf.Tensor)(inputs(shape));
          return [value, ...grads].map((tensor) => [...tensor.dataSync()]);
        });
      const waiting = run(() => {});
      const looked = run((tensor) => tensor.dataSync());
      assertLess(worstDifference(looked, waiting), 1e-5, JSON.stringify(shape));
    }),
    { numRuns: 60 },
  );
});

Deno.test("the convolution's result, the gradients inside and the images' gradient are not computed", async () => {
  await tf.setBackend(kernels.tfName);
  const done: string[] = [];
  const { kernels: operations } = kernelsBackend();
  for (const name of ["conv2d", "conv2dInputGradient", "maxPoolGradient"] as const) {
    const compute = operations[name].bind(operations) as (operation: never) => void;
    Object.assign(operations, {
      [name]: (operation: never) => {
        done.push(name);
        compute(operation);
      },
    });
  }
  try {
    const images = tf.ones([8, 12, 12, 1]) as tf.Tensor4D;
    const filter = tf.variable(tf.fill([3, 3, 1, 4], 0.1)) as tf.Variable<tf.Rank.R4>;
    const bias = tf.variable(tf.zeros([4])) as tf.Variable<tf.Rank.R1>;
    const step = () => {
      // its gradient asks for that of the images, too
      const y = tf.tanh(tf.fused.conv2d({ x: images, filter, strides: 1, pad: "valid", bias }));
      return tf.mean(tf.maxPool(y as tf.Tensor4D, 2, 2, "valid")) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(step);
    for (const tensor of [value, ...Object.values(grads)]) {
      assert.deepEqual(tensor.dataSync().every(Number.isFinite), true);
    }
    assert.deepEqual(done, []);
  } finally {
    for (const name of ["conv2d", "conv2dInputGradient", "maxPoolGradient"] as const) {
      delete (operations as Partial<typeof operations>)[name];
    }
    tf.disposeVariables();
  }
});

Deno.test("gradients of gradients of activations are the CPU backend's", async () => {
  for (const f of [tf.tanh, tf.sigmoid, tf.relu]) {
    const { ours, plain } = await onBoth(() => {
      const x = tf.tensor1d([-2, -0.5, 0.3, 1, 4]);
      const slope = tf.grad((x) => tf.sum(tf.square(f(x))));
      return [slope(x), tf.grad((x) => tf.sum(tf.mul(slope(x), x)))(x)];
    });
    assertLess(worstDifference(plain, ours), 1e-5, f.name);
  }
});

Deno.test("NaN, infinities and huge numbers go through convolution and pooling as on the CPU backend", async () => {
  const shape: Shape = {
    ...{ batch: 8, side: 10, channels: 6, filters: 8, kernel: 5, stride: 1, pad: "valid" },
    ...{ activation: "relu", pool: "max", seed: 4 },
  };
  for (const odd of [NaN, Infinity, -Infinity, 1e7, 1e38]) {
    for (const place of [0, 1, 2]) {
      const { ours, plain } = await onBoth(() => {
        const at = inputs(shape).map((tensor, k) => {
          if (k !== place) return tensor;
          const numbers = tensor.dataSync().slice();
          numbers[numbers.length >> 1] = odd;
          return tf.tensor(numbers, tensor.shape);
        });
        // without and within a gradient
        const pooled = tf.maxPool(
          tf.conv2d(at[0] as tf.Tensor4D, at[1] as tf.Tensor4D, 1, "valid"),
          2,
          2,
          "valid",
        );
        return [pooled, ...tf.grads((...args: tf.Tensor[]) => loss(shape, args))(at)];
      });
      assertLess(worstDifference(plain, ours), 2e-5, `${odd} in input ${place}`);
    }
  }
});

Deno.test("a NaN or an infinity in the gradient after pooling reaches the numbers that it reaches in tfjs", async () => {
  const shape: Shape = {
    ...{ batch: 8, side: 12, channels: 2, filters: 3, kernel: 5, stride: 1, pad: "valid" },
    ...{ activation: "tanh", pool: "max", seed: 5 },
  };
  for (const odd of [NaN, Infinity, -Infinity]) {
    const { ours, plain } = await onBoth(() => {
      const factors = new Float32Array(8 * 4 * 4 * 3).fill(1);
      factors[100] = odd;
      const pooled = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
        tf.maxPool(
          tf.tanh<tf.Tensor4D>(
            tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid"), bias),
          ),
          2,
          2,
          "valid",
        );
      return tf.grads((...at: tf.Tensor[]) =>
        tf.sum(tf.mul(pooled(at[0]!, at[1]!, at[2]!), tf.tensor(factors, [8, 4, 4, 3])))
      )(inputs(shape).map((tensor) => tf.mul(tensor, 0.2))); // far from where tanh is 1
    });
    assertLess(worstDifference(plain, ours), 2e-5, `${odd}`);
    // the filters of the other channels have finite gradients
    assert(ours[1]!.filter(Number.isFinite).length >= 2 * 5 * 5 * 2);
  }
});
