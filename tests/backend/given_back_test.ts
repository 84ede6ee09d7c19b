/** Memory is given back as soon as nothing needs it any more: after a computation, an error, or the backend's end. */
import assert from "node:assert/strict";
import { openBackend } from "../../lib/backend/choose_backend.ts";
import * as tf from "../../lib/backend/tf.ts";
import { Rng } from "../../lib/util/rng.ts";
import { assertThrows } from "../assert.ts";
import { kernels, kernelsBackend, normals, onBoth, worstDifference } from "./helpers.ts";

await tf.setBackend(kernels.tfName);

const valid = (x: tf.Tensor, filter: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid");
const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid");

Deno.test("a convolution that was computed lets its images go", () => {
  const filter = tf.ones([5, 5, 3, 4]);
  const images = tf.ones([2, 100, 100, 3]);
  const inUse = () => kernelsBackend().tensors.used;
  const before = inUse();
  const result = valid(images, filter);
  assert.equal(inUse(), before);
  result.dataSync();
  images.dispose();
  // 2·96·96·4 numbers came, 2·100·100·3 went
  assert.ok(inUse() - before < 4 * 2 * (1.25 * 96 * 96 * 4 - 100 * 100 * 3));
  tf.dispose([filter, result]);
});

/** Takes all but some bytes; what it returns gives them back. */
function leaveOnly(bytes: number): () => void {
  const { tensors } = kernelsBackend();
  const taken: number[] = [];
  const rest = () => tensors.limit - tensors.used - bytes;
  // in pieces, since other tensors stand in between
  for (let size = rest(); rest() >= 64 && size >= 64;) {
    try {
      taken.push(tensors.allocate(Math.min(size, rest())));
    } catch {
      size = Math.floor(size / 2);
    }
  }
  return () => taken.forEach((at) => tensors.free(at));
}

Deno.test("where memory is short, what only a later gradient might use is let go", () => {
  const giveBack = leaveOnly(48 * 2 ** 20);
  // a convolution inside of a gradient keeps its images, 32 MiB, for the way back
  let result!: tf.Tensor;
  const filter = tf.ones([8, 8, 1, 1]);
  const gradient = tf.grad((w: tf.Tensor) => {
    const images = tf.ones([1, 2048, 4096, 1]) as tf.Tensor4D;
    result = tf.keep(tf.conv2d(images, w as tf.Tensor4D, 8, "valid"));
    result.dataSync();
    return tf.sum(result);
  })(filter);
  const { tensors } = kernelsBackend();
  assert.ok(tensors.limit - tensors.used < 16 * 2 ** 20);
  tf.ones([24 * 2 ** 18]).dispose();
  assert.equal(result.dataSync()[0], 64);
  tf.dispose([filter, gradient, result]);
  giveBack();
});

Deno.test("a gradient that waits keeps its own pooling when the convolution is pooled again", async () => {
  const { ours, plain } = await onBoth(() => {
    const rng = new Rng(1), x = normals(rng, [8, 12, 12, 1]), w = normals(rng, [5, 5, 1, 6]);
    let y!: tf.Tensor;
    const [dw] = tf.grads((w: tf.Tensor) => {
      y = tf.keep(valid(x, w));
      return tf.sum(tf.square(pool(y)));
    })([w]);
    const again = pool(y);
    y.dispose();
    return [again, dw!];
  });
  assert.ok(worstDifference(ours, plain) < 1e-5);
});

Deno.test("a gradient may be asked for twice", async () => {
  const { ours, plain } = await onBoth(() => {
    const rng = new Rng(1), x = normals(rng, [8, 12, 12, 1]);
    const w = normals(rng, [5, 5, 1, 6]), b = normals(rng, [6]);
    const seen: tf.Tensor[] = [];
    const look = tf.customGrad((y) => ({
      value: tf.clone(y as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => {
        seen.push(tf.keep(tf.sum(dy, [0, 1, 2])));
        return dy;
      },
    }));
    const gradients = tf.grads((w: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.square(pool(look(tf.add(valid(x, w), b)))))
    )([w, b]);
    return [...gradients, ...seen];
  });
  assert.equal(ours.length, 3);
  assert.deepEqual(ours[1], ours[2]);
  assert.ok(worstDifference(ours, plain) < 1e-5);
});

Deno.test("what has run out of memory, wherever it did, leaves nothing behind", () => {
  const filter = tf.ones([5, 5, 2, 32]),
    images = tf.ones([8, 64, 64, 2]),
    many = tf.ones([2 ** 19]);
  const sum = (w: tf.Tensor, x: tf.Tensor) => tf.sum(tf.square(pool(tf.tanh(valid(x, w)))));
  const attempts: Record<string, () => tf.Tensor | tf.Tensor[]> = {
    "a convolution": () => valid(images, filter),
    "its transpose": () => tf.transpose(valid(images, filter)),
    "a convolution with pooling": () => pool(valid(images, filter)),
    "their gradients": () => tf.grads(sum)([filter, images]),
    "two convolutions, the gradient of one inside of the other's": () => {
      const small = tf.reshape(images, [256, 16, 16, 1]);
      return tf.grads((w: tf.Tensor, v: tf.Tensor) =>
        tf.sum(pool(tf.tanh(valid(pool(tf.tanh(valid(small, w))), v))))
      )([tf.ones([5, 5, 1, 16]), tf.ones([3, 3, 16, 8])]);
    },
    "a sum": () => tf.sum(tf.reshape(many, [2 ** 17, 4]), 0),
    "a sum of numbers and rows": () => tf.add(tf.reshape(many, [2 ** 17, 4]), tf.ones([4])),
    "a kernel of the CPU backend": () =>
      tf.einsum("ij,kj->ik", tf.ones([60, 90]), tf.ones([50, 90])),
    "the largest numbers": () => tf.topk(tf.reshape(tf.slice(many, 0, 4096), [-1, 64]), 32).values,
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    let failures = 0;
    for (let free = 2 ** 12;; free *= 1.1) {
      const before = kernelsBackend().tensors.used, giveBack = leaveOnly(free);
      let isDone = false;
      tf.tidy(() => {
        try {
          for (const result of [attempt()].flat()) result.dataSync();
          isDone = true;
        } catch (error) {
          assert.match(String(error), /out of memory/);
          failures++;
        }
      });
      giveBack();
      assert.equal(kernelsBackend().tensors.used, before, `${name}, ${free} bytes`);
      if (isDone) break;
    }
    assert.ok(failures > 0, name);
  }
  tf.dispose([filter, images, many]);
});

Deno.test("a kernel that fails leaves its inputs of another backend whole", async () => {
  await tf.setBackend("cpu");
  const x = tf.tensor([1, 2, 3]);
  await tf.setBackend(kernels.tfName);
  assert.throws(() => tf.gather(x, tf.tensor1d([7], "int32")));
  assert.deepEqual([...x.dataSync()], [1, 2, 3]);
  x.dispose();
});

Deno.test("after a gradient that has run out of memory a smaller one succeeds", () => {
  const filter = tf.ones([5, 5, 2, 32]), images = tf.ones([8, 64, 64, 2]);
  const step = (count: number) =>
    tf.tidy(() => {
      const part = tf.slice(images, 0, count);
      const loss = (w: tf.Tensor) => tf.sum(tf.square(pool(tf.softplus(valid(part, w)))));
      return tf.grad(loss)(filter).dataSync();
    });
  step(8);
  const giveBack = leaveOnly(10 * 2 ** 20), before = kernelsBackend().tensors.used;
  for (let k = 0; k < 3; k++) assertThrows(() => step(8), RangeError, "out of memory");
  step(1);
  assert.equal(kernelsBackend().tensors.used, before);
  giveBack();
  tf.dispose([filter, images]);
});

Deno.test("after the backend's end its tensors cannot be read, and disposing of them does no harm", () => {
  const x = tf.tensor([1, 2, 3]), waiting = valid(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 2]));
  tf.removeBackend(kernels.tfName);
  assertThrows(() => x.dataSync(), Error, "the backend of this tensor was removed");
  assertThrows(() => waiting.dataSync(), Error, "the backend of this tensor was removed");
  tf.dispose([x, waiting]);
});

Deno.test("a backend that was taken out of tfjs opens anew", async () => {
  await tf.setBackend("cpu");
  const { tfName } = await openBackend("kernels");
  await tf.setBackend(tfName);
  assert.deepEqual([...tf.square([1, 2]).dataSync()], [1, 4]);
});
