/** The loss and accuracy of labels against tfjs's own. */
import assert from "node:assert/strict";
import { openBackend } from "../../../lib/backend/choose_backend.ts";
import * as tf from "../../../lib/backend/tf.ts";
import { acc, labelLoss } from "../../../lib/systems/keras/label_loss.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { assertLess } from "../../assert.ts";

/** Rows of probabilities, some of them 0 and 1, which Keras limits. */
function draw(rows: number, classes: number) {
  const rng = new Rng(1);
  const scale = (row: number) => [1, 10, 60][row % 3]!;
  const logits = Float32Array.from(
    { length: rows * classes },
    (_, i) => scale(Math.floor(i / classes)) * rng.normal(),
  );
  const probabilities = tf.softmax(tf.tensor2d(logits, [rows, classes]));
  const labels = tf.tensor2d(Array.from({ length: rows }, () => rng.int(classes)), [rows, 1]);
  return { probabilities, labels: tf.cast(labels, "float32") };
}

Deno.test("losses, gradients and accuracy of labels are those of tfjs", async () => {
  await openBackend("kernels");
  const { probabilities, labels } = draw(33, 7);
  const theirs = (p: tf.Tensor) => tf.metrics.sparseCategoricalAccuracy(labels, p);
  const composed = (p: tf.Tensor): tf.Tensor => {
    const rows = tf.oneHot(tf.cast(tf.reshape(labels, [-1]), "int32"), 7);
    return tf.metrics.categoricalCrossentropy(rows, p);
  };
  const difference = (a: tf.Tensor, b: tf.Tensor) => {
    const difference = tf.abs(tf.sub(a, b)), size = tf.maximum(tf.abs(b), 1);
    return tf.max(tf.div(difference, size)).dataSync()[0]!;
  };
  // tfjs limits the label's probability before it divides as well
  const limited = (p: tf.Tensor) => composed(tf.clipByValue(p, 1e-7, 1 - 1e-7));
  assertLess(difference(labelLoss(labels, probabilities), limited(probabilities)), 1e-5);
  const gradientOf = (f: (p: tf.Tensor) => tf.Tensor) =>
    tf.grad((p: tf.Tensor) => tf.mean(f(p)))(probabilities);
  const [ours, other] = [gradientOf((p) => labelLoss(labels, p)), gradientOf(limited)];
  assertLess(difference(ours, other), 1e-4);
  const share = tf.mean(theirs(probabilities)).dataSync()[0]!;
  assert.equal(acc(labels, probabilities).dataSync()[0], share);
});
