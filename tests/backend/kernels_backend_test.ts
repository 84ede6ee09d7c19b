/** The backend as a whole: what it holds, what it tells of it, and programs that train on it. */
import assert from "node:assert/strict";
import { assertLess, assertThrows } from "../assert.ts";
import { FusedAdam, FusedMomentum } from "../../lib/backend/fused_optimizers.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

interface Memory {
  readonly numTensors: number;
  readonly numBytes: number;
  readonly bytesInUse: number;
  readonly unreliable: boolean;
}
const memory = () => tf.memory() as unknown as Memory;

Deno.test("tf.memory counts tensors and bytes, in the kernels' memory too", async () => {
  await tf.setBackend(kernels.tfName);
  const before = memory();
  const x = tf.ones([100, 10]), y = tf.reshape(x, [1000]), z = tf.cast(x, "bool");
  const during = memory();
  assert.deepEqual(during.unreliable, false);
  assert.deepEqual(during.numTensors - before.numTensors, 3);
  // the reshaped tensor shares its numbers, so they take room once
  assert.deepEqual(during.bytesInUse - before.bytesInUse, 4096 + 1024);
  x.dispose();
  assert.deepEqual(memory().bytesInUse, during.bytesInUse);
  tf.dispose([y, z]);
  assert.deepEqual(memory().bytesInUse, before.bytesInUse);
  assert.deepEqual(memory().numBytes, before.numBytes);
});

Deno.test("numbers that were read stay as they are when their memory is used again", async () => {
  await tf.setBackend(kernels.tfName);
  const x = tf.tensor1d([1, 2, 3]);
  const [now, later] = [x.dataSync(), await x.data()];
  x.dispose();
  const others = tf.tensor1d([7, 8, 9]);
  assert.deepEqual([[...now], [...later]], [[1, 2, 3], [1, 2, 3]]);
  others.dispose();
});

Deno.test("a tensor does not change with the array that it was made of", async () => {
  await tf.setBackend(kernels.tfName);
  const array = Float32Array.of(1, 2);
  const x = tf.tensor1d(array);
  array[0] = 5;
  assert.deepEqual([...x.dataSync()], [1, 2]);
  x.dispose();
});

Deno.test("strings, complex, empty and boolean tensors and scalars pass through and leave nothing", async () => {
  await tf.setBackend(kernels.tfName);
  const before = memory();
  tf.tidy(() => {
    assert.deepEqual(tf.concat([tf.tensor1d(["a", "b"]), tf.tensor1d(["ç"])]).dataSync(), [
      ...["a", "b", "ç"],
    ] as never);
    const z = tf.complex([1, 2], [3, 4]);
    assert.deepEqual([...tf.mul(z, z).dataSync()], [-8, 6, -12, 16]);
    assert.deepEqual(tf.add(tf.zeros([0, 3]), 1).shape, [0, 3]);
    assert.deepEqual([...tf.sum(tf.zeros([0, 3]), 0).dataSync()], [0, 0, 0]);
    assert.deepEqual(tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).shape, [2, 3]);
    assert.deepEqual([...tf.logicalNot(tf.tensor1d([true, false])).dataSync()], [0, 1] as never);
    assert.deepEqual(
      [...tf.add(tf.tensor1d([2 ** 30], "int32"), tf.scalar(1, "int32")).dataSync()],
      [
        2 ** 30 + 1,
      ],
    );
  });
  assert.deepEqual(memory(), {
    ...memory(),
    bytesInUse: before.bytesInUse,
    numTensors: before.numTensors,
  });
});

Deno.test("out of memory is an error with numbers, after which there is room again", async () => {
  await tf.setBackend(kernels.tfName);
  const { tensors } = kernelsBackend();
  const used = tensors.used;
  assertThrows(
    () => tf.tidy(() => Array.from({ length: 5 }, () => tf.zeros([2 ** 27]))),
    RangeError,
    "a tensor of 512.0 MiB was asked for",
  );
  assert.deepEqual(tensors.used, used);
});

Deno.test("a tensor moves from the kernels to the CPU backend and back", async () => {
  await tf.setBackend(kernels.tfName);
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  await tf.setBackend("cpu");
  // the CPU backend cannot take complex numbers in, it can give them away
  const y = tf.square(x), z = tf.complex([1, 2], [3, 4]);
  await tf.setBackend(kernels.tfName);
  const [sum, square] = [tf.add(x, y), tf.mul(z, z)];
  assert.deepEqual([...sum.dataSync()], [2, 6, 12, 20]);
  assert.deepEqual([...square.dataSync()], [-8, 6, -12, 16]);
  tf.dispose([x, y, z, sum, square]);
});

Deno.test("Adam and momentum in one step are tfjs's own", async () => {
  const optimizers = {
    adam: [() => new FusedAdam(0.01, 1e-7), () => tf.train.adam(0.01)],
    momentum: [() => new FusedMomentum(0.1, 0.9), () => tf.train.momentum(0.1, 0.9)],
    nesterov: [() => new FusedMomentum(0.1, 0.9, true), () => tf.train.momentum(0.1, 0.9, true)],
  } as const;
  await tf.setBackend(kernels.tfName);
  for (const [name, make] of Object.entries(optimizers)) {
    const trained = make.map((optimizer) => {
      const rng = new Rng(1);
      const variables = [[30, 7], [7]].map((shape) => tf.variable(normals(rng, shape)));
      const goal = variables.map(({ shape }) => normals(rng, shape));
      const rule = optimizer();
      for (let step = 0; step < 5; step++) {
        rule.minimize(() =>
          tf.addN(variables.map((v, i) => tf.sum(tf.square(tf.sub(v, goal[i]!))))) as tf.Scalar
        );
      }
      const numbers = variables.map((v) => [...v.dataSync()]);
      rule.dispose();
      tf.dispose([...variables, ...goal]);
      return numbers;
    });
    assertLess(worstDifference(trained[1]!, trained[0]!), 1e-6, name);
  }
});

Deno.test("a step does not change copies of a variable, nor a convolution that waits for it", async () => {
  await tf.setBackend(kernels.tfName);
  const filter = tf.variable(tf.ones([3, 3, 1, 2])) as tf.Variable<tf.Rank.R4>;
  const copy = filter.clone();
  const waiting = tf.conv2d(tf.ones([1, 4, 4, 1]) as tf.Tensor4D, filter, 1, "valid");
  const rule = new FusedMomentum(1, 0);
  rule.applyGradients({ [filter.name]: tf.ones([3, 3, 1, 2]) as tf.Variable });
  assert.deepEqual([...filter.dataSync()], new Array(18).fill(0));
  assert.deepEqual([...copy.dataSync()], new Array(18).fill(1));
  assert.deepEqual([...waiting.dataSync()], new Array(8).fill(9));
  rule.dispose();
  tf.dispose([filter, copy, waiting]);
});

/** A small network of layers, as any tfjs program has. */
function smallModel(): tf.Sequential {
  const initializer = (seed: number) => tf.initializers.glorotUniform({ seed });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        ...{ inputShape: [10, 10, 2], filters: 6, kernelSize: 3, activation: "relu" },
        kernelInitializer: initializer(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 12, activation: "elu", kernelInitializer: initializer(2) }),
      tf.layers.dense({ units: 3, activation: "softmax", kernelInitializer: initializer(3) }),
    ],
  });
}

Deno.test("tf.sequential trains with fit as on the CPU backend, and leaves no memory behind", async () => {
  const run = async (name: string) => {
    await tf.setBackend(name);
    const rng = new Rng(2);
    const x = normals(rng, [64, 10, 10, 2]);
    const labels = tf.tensor1d(Array.from({ length: 64 }, () => rng.int(3)), "int32");
    const y = tf.oneHot(labels, 3);
    const model = smallModel();
    const optimizer = tf.train.adam(0.01);
    model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
    const { history } = await model.fit(x, y, { epochs: 4, batchSize: 20, shuffle: false });
    tf.dispose([x, y, labels]);
    model.dispose();
    optimizer.dispose();
    return [history.loss as number[], history.acc as number[]];
  };
  const plain = await run("cpu");
  await tf.setBackend(kernels.tfName);
  const before = memory();
  const ours = await run(kernels.tfName);
  assertLess(worstDifference(plain, ours), 1e-4);
  assert(ours[0]!.at(-1)! < ours[0]![0]!);
  const after = memory();
  assert.deepEqual([after.numTensors, after.bytesInUse], [before.numTensors, before.bytesInUse]);
});

Deno.test("variableGrads of layers are the CPU backend's", async () => {
  const { ours, plain } = await onBoth(() => {
    const model = smallModel();
    const x = normals(new Rng(5), [7, 10, 10, 2]);
    const { value, grads } = tf.variableGrads(() =>
      tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar
    );
    const list = [value, ...Object.values(grads)];
    model.dispose();
    return list;
  });
  assertLess(worstDifference(plain, ours), 1e-5);
});

Deno.test("a kernel that a program registers for the backend runs, until it is taken out again", async () => {
  await tf.setBackend(kernels.tfName);
  const backendName = kernels.tfName, kernelName = "Seven";
  const run = () => tf.engine().runKernel(kernelName, {}) as tf.Tensor;
  assertThrows(run, Error, kernelName);
  tf.registerKernel({ kernelName, backendName, kernelFunc: () => tf.scalar(7) });
  const seven = run();
  assert.equal(seven.dataSync()[0], 7);
  seven.dispose();
  tf.unregisterKernel(kernelName, backendName);
  assertThrows(run, Error, kernelName);
});
