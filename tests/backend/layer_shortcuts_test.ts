/** Keras's layers that take a shorter way on the kernels: it is taken where it can be, and computes what tfjs does. */
import assert from "node:assert/strict";
import { assertLess } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { normals, onBoth, worstDifference } from "./helpers.ts";

/** A function of results whose gradient reaches each of them. */
function loss(y: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mul(y, tf.sin(tf.reshape(tf.range(0, y.size), y.shape))));
}

/**
 * Compares a layer's results and the gradient of its input on the kernels and on the CPU backend.
 * @returns the names of the kernels that computed them
 */
async function kernelsOf(
  make: () => tf.layers.Layer,
  shape: number[],
  hasGradient = true,
): Promise<string[]> {
  const run = () => {
    const layer = make(), apply = (x: tf.Tensor) => layer.apply(x) as tf.Tensor;
    const images = normals(new Rng(5), shape), found = [apply(images)];
    if (hasGradient) found.push(tf.grad((x: tf.Tensor) => loss(apply(x)))(images));
    layer.dispose();
    return found;
  };
  const { ours, plain } = await onBoth(run);
  assertLess(worstDifference(ours, plain), 1e-5);
  return (await tf.profile(() => tf.tidy(() => run()) as never)).kernelNames;
}

Deno.test("Conv2D is one kernel where it can be, and computes what tfjs does, however it is made", async () => {
  const usual = { filters: 4, kernelSize: 3, kernelInitializer: "ones", biasInitializer: "ones" };
  const cases: [boolean, object][] = [
    [true, {}],
    [true, { activation: "tanh", strides: 2 }],
    [false, { activation: "relu" }],
    [false, { padding: "same" }],
    [false, { strides: [1, 2] }],
    // tfjs has no gradient of a dilated one
    [false, { dilationRate: 2 }],
    [false, { useBias: false }],
  ];
  for (const [isOne, more] of cases) {
    const config = { ...usual, ...more } as Parameters<typeof tf.layers.conv2d>[0];
    const make = () => tf.layers.conv2d(config);
    const names = await kernelsOf(make, [1, 6, 7, 2], !("dilationRate" in more));
    assert.equal(names.includes("ConvForward"), isOne, JSON.stringify(more));
  }
});

Deno.test("MaxPooling2D computes what tfjs does, however it is made", async () => {
  const cases = [
    {},
    { poolSize: 3 },
    { poolSize: [2, 3], strides: [1, 2] },
    { padding: "same" },
    { dataFormat: "channelsFirst" },
  ];
  for (const config of cases as Parameters<typeof tf.layers.maxPooling2d>[0][]) {
    await kernelsOf(() => tf.layers.maxPooling2d(config), [2, 6, 7, 5]);
  }
});
