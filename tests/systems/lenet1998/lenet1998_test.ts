/** The LeNet-5 of 1998: its sizes, its layers against their formulas, its gradients. */
import assert from "node:assert/strict";
import { openBackend } from "../../../lib/backend/choose_backend.ts";
import * as tf from "../../../lib/backend/tf.ts";
import { Lenet1998, MaximumAPosteriori } from "../../../lib/systems/lenet1998/lenet1998.ts";
import {
  c3Connections,
  PartialConv2d,
  RadialBasis,
  ScaledTanh,
  Subsampling2d,
} from "../../../lib/systems/lenet1998/lenet1998_layers.ts";
import {
  predictLenet1998,
  trainLenet1998,
} from "../../../lib/systems/lenet1998/train_lenet1998.ts";
import { backward } from "../../../lib/systems/torch/cross_entropy_loss.ts";
import { Rng } from "../../../lib/util/rng.ts";

await openBackend("kernels");

const close = (found: Iterable<number>, expected: readonly number[]) => {
  const numbers = [...found];
  assert.equal(numbers.length, expected.length);
  numbers.forEach((x, i) =>
    assert(Math.abs(x - expected[i]!) < 1e-5, `${x} is not ${expected[i]}`)
  );
};

Deno.test("it has the article's 60,000 trainable numbers, 1,516 of them in C3", async () => {
  const model = new Lenet1998(10, 1);
  assert.equal(await model.countTrainable(), 60_000);
  const seen = c3Connections.flat();
  assert.equal(25 * seen.length + 16, 1516);
  for (let map = 0; map < 6; map++) assert.equal(seen.filter((one) => one === map).length, 10);
  assert.equal(new Set(c3Connections.map((maps) => maps.toSorted().join())).size, 16);
  model.dispose();
});

Deno.test("the tanh is 1 at 1, subsampling sums its squares, the output is a squared distance", () => {
  close(new ScaledTanh().forward(tf.tensor1d([1, -1, 0])).dataSync(), [0.9999953, -0.9999953, 0]);
  const pool = new Subsampling2d(1);
  pool.weight.data.assign(tf.tensor1d([0.5]));
  pool.bias.data.assign(tf.tensor1d([3]));
  close(pool.forward(tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2])).dataSync(), [8]);
  const output = new RadialBasis([[1, -1], [-1, -1]]);
  close(output.forward(tf.tensor2d([[1, 1]])).dataSync(), [-4, -8]);
});

Deno.test("a map that is not connected is not seen", () => {
  const conv = new PartialConv2d(2, [[1]], 1);
  conv.weight.data.assign(tf.tensor4d([7, 1], [1, 2, 1, 1]));
  close(conv.forward(tf.tensor4d([100, 3], [1, 2, 1, 1])).dataSync(), [3]);
});

Deno.test("the criterion is the article's: y_D + log(e^−j + Σ e^−y)", () => {
  const loss = new MaximumAPosteriori(2).forward(
    tf.tensor2d([[-1, -3]]),
    tf.tensor2d([[0, 1]]),
  );
  close(loss.dataSync(), [3 + Math.log(Math.exp(-2) + Math.exp(-1) + Math.exp(-3))]);
});

Deno.test("its gradients are those of finite differences, array by array", () => {
  const model = new Lenet1998(10, 3), criterion = new MaximumAPosteriori();
  const rng = new Rng(5);
  const images = tf.tensor4d(Float32Array.from({ length: 2048 }, () => rng.normal()), [
    2,
    1,
    32,
    32,
  ]);
  const target = tf.oneHot(tf.tensor1d([3, 8], "int32"), 10);
  const loss = () => criterion.forward(model.forward(images), target);
  backward(model, loss);
  const parameters = [...model.namedParameters()];
  assert.equal(parameters.length, 12);
  for (const [name, { data, grad, shape }] of parameters) {
    // along a random direction, so that each array needs two passes
    const direction = tf.tidy(() => {
      const signs = Float32Array.from({ length: data.size }, () => rng.int(2) === 0 ? -1 : 1);
      return tf.mul(tf.tensor(signs, [...shape]), 1 / Math.sqrt(data.size));
    });
    const start = data.clone();
    const at = (step: number) =>
      tf.tidy(() => {
        data.assign(tf.add(start, tf.mul(direction, step)) as tf.Tensor);
        return loss().dataSync()[0]!;
      });
    const expected = tf.tidy(() => tf.sum(tf.mul(grad!, direction)).dataSync()[0]!);
    const slope = (h: number) => (at(h) - at(-h)) / (2 * h);
    // the error of the central difference falls with h², so two of them give a better one
    const h = 0.02, found = (4 * slope(h / 2) - slope(h)) / 3;
    data.assign(start);
    const error = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
    assert(error < 5e-3, `${name}: slope ${found}, gradient ${expected}`);
  }
  model.dispose();
});

Deno.test("it learns to tell bright images from dark ones", async () => {
  const backend = await openBackend("kernels");
  const model = new Lenet1998(2, 1), rng = new Rng(2), count = 64;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const images = Float32Array.from(
    { length: count * 1024 },
    (_, i) => 2 * labels[Math.floor(i / 1024)]! - 1 + rng.normal() / 4,
  );
  const batch = { size: count, images, labels };
  const batches = {
    ...{ length: 1, samples: count },
    async *[Symbol.asyncIterator]() {
      yield batch;
    },
  };
  const losses = await trainLenet1998(model, batches, { epochs: 40, learningRate: 3e-3 }, backend);
  assert(losses.at(-1)! < losses[0]! / 2, `the loss went from ${losses[0]} to ${losses.at(-1)}`);
  const { logits } = await predictLenet1998(model, batches, backend);
  const right = labels.filter((label, i) =>
    (logits[2 * i]! < logits[2 * i + 1]!) === (label === 1)
  );
  assert.equal(right.length, count);
  model.dispose();
});
