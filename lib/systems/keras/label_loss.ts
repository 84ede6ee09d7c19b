/**
 * Keras's sparse categorical cross-entropy and accuracy in one loop each, where tfjs calls forty small kernels a step.
 * The numbers are tfjs's.
 */
import * as tf from "../../backend/tf.ts";
import { argmax } from "../../util/argmax.ts";

/** Keras's ε: probabilities are limited to ε … 1 − ε. */
const EPSILON = 1e-7;

const limit = (p: number) => Math.min(Math.max(p, EPSILON), 1 - EPSILON);
const isInside = (p: number) => p >= EPSILON && p <= 1 - EPSILON;

/**
 * Each row's loss, −ln of the label's share in the limited probabilities.
 * @param labels (N, 1) @param probabilities (N, classes)
 */
export function labelLoss(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const fused = tf.customGrad((probabilities, save) => {
    const output = probabilities as tf.Tensor2D, [rows, classes] = output.shape;
    const wanted = labels.dataSync(), p = output.dataSync();
    const losses = new Float32Array(rows), gradient = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const start = row * classes, label = start + Math.floor(wanted[row]!);
      let sum = 0;
      for (let at = start; at < start + classes; at++) sum += limit(p[at]!);
      const share = limit(p[label]!) / sum;
      losses[row] = -Math.log(limit(share));
      if (!isInside(share)) continue;
      for (let at = start; at < start + classes; at++) {
        // of −ln(pₗ / Σp): 1/Σp for all, −1/pₗ more for the label; a limited one does not move
        if (isInside(p[at]!)) gradient[at] = 1 / sum - (at === label ? 1 / (share * sum) : 0);
      }
    }
    (save as tf.GradSaveFunc)([tf.tensor2d(gradient, [rows, classes])]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.mul(saved[0]!, tf.reshape(dy, [rows, 1]));
    return { value: tf.tensor1d(losses), gradFunc };
  });
  return fused(probabilities);
}

/** The share of rows whose largest probability is the label's; its name is that of Keras's logs. */
export function acc(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const wanted = labels.dataSync(), p = probabilities.dataSync();
  const classes = probabilities.shape[1]!;
  let correct = 0;
  wanted.forEach((label, row) => {
    if (argmax(p.subarray(row * classes, (row + 1) * classes)) === label) correct++;
  });
  return tf.scalar(correct / wanted.length);
}
