/** Operations on the kernels against the CPU backend's, on shapes, strides and numbers that are unlike LeNet's. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, normals, onBoth, worstDifference } from "./helpers.ts";

const awkward = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 1, -1, 88.8, -104, 3e38, 0.5, -7];
/** Sizes of dimensions. */
const size = fc.integer({ min: 1, max: 9 });

const unary: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  neg: tf.neg,
  abs: tf.abs,
  square: tf.square,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  reciprocal: tf.reciprocal,
  exp: tf.exp,
  log: tf.log,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  relu: tf.relu,
  relu6: tf.relu6,
  step: (x) => tf.step(x, 0.25),
  clip: (x) => tf.clipByValue(x, -0.5, 2),
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  elu: tf.elu,
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
};

Deno.test("functions of one tensor are the CPU backend's, NaN and infinities included", async () => {
  for (const [name, f] of Object.entries(unary)) {
    // 1e-40 is treated as 0 by few and as itself by many: its logarithm is compared below
    const numbers = awkward.filter((x) => name !== "reciprocal" || Math.abs(x) !== 1e-40);
    const many = Array.from({ length: 70 }, (_, i) => (i - 35) / 7);
    const { ours, plain } = await onBoth(() => f(tf.tensor1d([...numbers, ...many])));
    assertLess(worstDifference(plain, ours), 1e-6, name);
  }
  const { ours } = await onBoth(() => tf.log(tf.tensor1d([1e-40, 1e-38, 1.5, 3e38])));
  assertLess(worstDifference([[1e-40, 1e-38, 1.5, 3e38].map(Math.log)], ours), 1e-6);
});

Deno.test("rounding has the CPU backend's bits, halves and the sign of zero included", async () => {
  const numbers = Array.from({ length: 81 }, (_, i) => (i - 40) / 8);
  const { ours, plain } = await onBoth(() => tf.round(tf.tensor1d([...numbers, ...awkward])));
  assert.deepEqual(ours, plain);
});

const binary: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  divNoNan: tf.divNoNan,
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
};

Deno.test("functions of two tensors broadcast as the CPU backend's", async () => {
  const shape = fc.array(size, { minLength: 0, maxLength: 4 });
  const case_ = fc.record({
    shape,
    keepA: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    keepB: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    dropB: fc.nat(4),
    name: fc.constantFrom(...Object.keys(binary)),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(case_, async ({ shape, keepA, keepB, dropB, name, seed }) => {
      const shapeA = shape.map((n, k) => keepA[k] ? n : 1);
      const shapeB = shape.map((n, k) => keepB[k] ? n : 1).slice(Math.min(dropB, shape.length));
      const { ours, plain } = await onBoth(() => {
        const rng = new Rng(seed);
        // whole numbers, so that some are equal and some are 0
        const [a, b] = [shapeA, shapeB].map((s) => tf.round(normals(rng, s)));
        return binary[name]!(a!, b!);
      });
      assert.deepEqual(worstDifference(plain, ours), 0, `${name} (${shapeA}) (${shapeB})`);
    }),
    { numRuns: 150 },
  );
  for (const [name, f] of Object.entries(binary)) {
    const { ours, plain } = await onBoth(() => {
      const all = awkward.filter((x) => Math.abs(x) !== 1e-40);
      return f(tf.tensor2d(all, [all.length, 1]), tf.tensor1d(all));
    });
    assert.deepEqual(worstDifference(plain, ours), 0, name);
  }
});

Deno.test("a short bias, which is repeated for longer rows, is added and subtracted", async () => {
  const { ours, plain } = await onBoth(() => {
    const rng = new Rng(3);
    const [x, bias] = [normals(rng, [5, 20, 21, 6]), normals(rng, [6])];
    return [tf.add(x, bias), tf.sub(bias, x)];
  });
  assert.deepEqual(worstDifference(plain, ours), 0);
});

const reductions: Record<string, (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor> = {
  sum: tf.sum,
  mean: tf.mean,
  max: tf.max,
  min: tf.min,
  prod: tf.prod,
};

Deno.test("reductions over any axes are the CPU backend's", async () => {
  const case_ = fc.record({
    shape: fc.array(size, { minLength: 1, maxLength: 4 }),
    reduced: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    keep: fc.boolean(),
    name: fc.constantFrom(...Object.keys(reductions)),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(case_, async ({ shape, reduced, keep, name, seed }) => {
      const axes = shape.map((_, k) => k).filter((k) => reduced[k]);
      if (axes.length === 0) return;
      const { ours, plain } = await onBoth(() =>
        reductions[name]!(normals(new Rng(seed), shape), axes, keep)
      );
      assertLess(worstDifference(plain, ours), 1e-5, `${name} of (${shape}) over ${axes}`);
    }),
    { numRuns: 150 },
  );
});

Deno.test("long sums are exact to float32's rounding, whichever way they run", async () => {
  const { ours } = await onBoth(() => {
    const x = tf.tensor(Float32Array.from({ length: 6 * 50_001 }, (_, i) => (i % 1000) / 1000));
    return [
      tf.sum(x),
      tf.sum(tf.reshape(x, [50_001, 6]), 0),
      tf.sum(tf.reshape(x, [6, 50_001]), 1),
    ];
  });
  const numbers = Array.from({ length: 6 * 50_001 }, (_, i) => Math.fround((i % 1000) / 1000));
  const columns = Array.from({ length: 6 }, () => 0), rows = Array.from({ length: 6 }, () => 0);
  numbers.forEach((x, i) => {
    columns[i % 6]! += x;
    rows[Math.floor(i / 50_001)]! += x;
  });
  const all = columns.reduce((sum, x) => sum + x);
  assertLess(worstDifference([[all], columns, rows], ours), 1e-6);
});

Deno.test("maxima keep NaN, and argmax is the first of equal ones", async () => {
  const { ours, plain } = await onBoth(() => {
    const x = tf.tensor2d([1, NaN, 3, 4, 4, -Infinity, NaN, 1, 2, 0, 0, 0], [4, 3]);
    return [tf.max(x, 1), tf.min(x, 0), tf.argMax(x, 1), tf.argMin(x, 1), tf.softmax(x)];
  });
  assertLess(worstDifference(plain, ours), 1e-6);
});

Deno.test("transposes, slices, joins, pads, gathers and casts are the CPU backend's", async () => {
  const case_ = fc.record({
    shape: fc.array(size, { minLength: 1, maxLength: 4 }),
    order: fc.array(fc.double({ noNaN: true }), { minLength: 4, maxLength: 4 }),
    isWhole: fc.boolean(),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(case_, async ({ shape, order, isWhole, seed }) => {
      const axes = shape.map((_, k) => k);
      const perm = axes.toSorted((a, b) => order[a]! - order[b]!);
      const axis = perm[0]!;
      const { ours, plain } = await onBoth(() => {
        const rng = new Rng(seed);
        const floats = normals(rng, shape);
        const x = isWhole ? tf.cast(tf.mul(floats, 3), "int32") : floats;
        const begin = shape.map((n) => rng.int(n)), count = shape.map((n, k) => n - begin[k]!);
        const indices = tf.tensor1d([0, shape[axis]! - 1, 0], "int32");
        return [
          tf.transpose(x, perm),
          tf.slice(x, begin, count),
          tf.concat([x, tf.slice(x, begin.map((b, k) => k === axis ? b : 0))], axis),
          tf.pad(x, shape.map((_, k) => [k % 2, (k + 1) % 3] as [number, number]), 2),
          tf.gather(x, indices, axis),
          tf.cast(x, "bool"),
          tf.cast(tf.cast(x, "bool"), "float32"),
          tf.cast(x, "int32"),
          tf.where(tf.greater(x, 0), x, tf.zerosLike(x)),
        ];
      });
      assert.deepEqual(worstDifference(plain, ours), 0, `(${shape}) by ${perm}`);
    }),
    { numRuns: 100 },
  );
});

Deno.test("one-hot rows leave labels outside empty, and indices outside are refused", async () => {
  const { ours, plain } = await onBoth(() => [
    tf.oneHot(tf.tensor1d([0, 4, -1, 2, 5], "int32"), 5),
    tf.zerosLike(tf.tensor1d([NaN, 4, -1])),
    tf.zerosLike(tf.tensor2d([1, 2], [2, 1], "int32")),
    tf.zerosLike(tf.tensor1d([1, 0], "bool")),
    tf.oneHot(tf.tensor2d([1, 0], [2, 1], "int32"), 3, 0.5, -1, "float32"),
  ]);
  assert.deepEqual(ours, plain);
  await onBoth(() => {
    let message = "";
    try {
      tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([2], "int32"));
    } catch (error) {
      message = (error as Error).message;
    }
    assert.deepEqual(message.includes("2 is not in [0, 1]"), true);
    return tf.scalar(0);
  });
});

Deno.test("a cast beyond int32 goes on from the other end, as in tfjs", async () => {
  const numbers = [3e9, -3e9, 1e20, Infinity, -Infinity, NaN, 2 ** 31, -(2 ** 31), 7.9];
  for (const some of [numbers, ...numbers.map((number) => [1, number])]) {
    const { ours, plain } = await onBoth(() => tf.cast(tf.tensor1d(some), "int32"));
    assert.deepEqual(ours, plain, `${some}`);
  }
});

Deno.test("a window larger than its input is what it is in tfjs", async () => {
  const x = () => tf.ones([1, 3, 3, 2]) as tf.Tensor4D;
  await assert.rejects(onBoth(() => tf.maxPool(x(), 5, 1, "valid")), /positive integers/);
  await tf.setBackend(kernels.tfName);
  for (const pool of [tf.maxPool, tf.avgPool]) {
    assert.throws(() => tf.tidy(() => pool(x(), 5, 1, "valid")), /positive integers/);
  }
  const { ours, plain } = await onBoth(() => tf.conv2d(x(), tf.ones([5, 5, 2, 2]), 1, "valid"));
  assert.deepEqual(ours, plain);
});
