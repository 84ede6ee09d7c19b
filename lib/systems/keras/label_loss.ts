/**
 * Keras's sparse categorical cross-entropy and accuracy in one loop each, where tfjs calls forty small kernels a step.
 * The numbers are tfjs's.
 */
import { numbersOf, tensorOf } from "../../backend/tensor_arrays.ts";
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
    const wanted = numbersOf(labels), p = numbersOf(output);
    let losses: Float32Array;
    const gradient = tensorOf([rows, classes], (to) => losses = lossOfRows(wanted, p, classes, to));
    (save as tf.GradSaveFunc)([gradient]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.mul(saved[0]!, tf.reshape(dy, [rows, 1]));
    return { value: tf.tensor1d(losses!), gradFunc };
  });
  return fused(probabilities);
}

/**
 * The mean of `labelLoss` and its gradient, with the bits that `tf.mean` and its gradient have.
 * @param labels (N, 1) @param probabilities (N, classes)
 */
export function meanLabelLoss(labels: tf.Tensor, probabilities: tf.Tensor): tf.Scalar {
  const fused = tf.customGrad((probabilities, save) => {
    const output = probabilities as tf.Tensor2D, [rows, classes] = output.shape;
    const wanted = numbersOf(labels), p = numbersOf(output);
    let losses: Float32Array;
    const gradient = tensorOf([rows, classes], (to) => {
      losses = lossOfRows(wanted, p, classes, to, Math.fround(1 / rows));
    });
    (save as tf.GradSaveFunc)([gradient]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy);
    return { value: tf.mean(tf.tensor1d(losses!)), gradFunc };
  });
  return fused(probabilities) as tf.Scalar;
}

/**
 * Each row's loss.
 * @param gradient of the losses by the probabilities `p`, times `scale`, which is rounded to float32; zeros before
 */
function lossOfRows(
  wanted: ArrayLike<number>,
  p: ArrayLike<number>,
  classes: number,
  gradient: Float32Array,
  scale = 1,
): Float32Array {
  const losses = new Float32Array(wanted.length);
  for (let row = 0; row < losses.length; row++) {
    const start = row * classes, end = start + classes;
    const label = start + Math.floor(wanted[row]!);
    let sum = 0, least = 1, most = 0;
    for (let at = start; at < end; at++) {
      const probability = p[at]!;
      sum += probability;
      if (probability < least) least = probability;
      if (probability > most) most = probability;
    }
    // seldom does one have to be limited, or is NaN
    const areInside = isInside(least) && isInside(most) && !Number.isNaN(sum);
    if (!areInside) {
      sum = 0;
      for (let at = start; at < end; at++) sum += limit(p[at]!);
    }
    const share = limit(p[label]!) / sum;
    losses[row] = -Math.log(limit(share));
    if (!isInside(share)) continue;
    // of −ln(pₗ / Σp): 1/Σp for all, −1/pₗ more for the label; a limited one does not move
    const ofAll = 1 / sum, scaled = Math.fround(ofAll) * scale;
    for (let at = start; at < end; at++) if (areInside || isInside(p[at]!)) gradient[at] = scaled;
    if (isInside(p[label]!)) gradient[label] = Math.fround(ofAll - 1 / (share * sum)) * scale;
  }
  return losses;
}

/** The share of rows whose largest probability is the label's; its name is that of Keras's logs. */
export function acc(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const wanted = numbersOf(labels), p = numbersOf(probabilities);
  const classes = probabilities.shape[1]!;
  let correct = 0;
  for (let row = 0; row < wanted.length; row++) {
    if (argmax(p, row * classes, (row + 1) * classes) === wanted[row]) correct++;
  }
  return tf.scalar(correct / wanted.length);
}
