import { evaluateLoss, type LossFunction } from "../model/loss.ts";
import type { Batch } from "../pixels/pixels.ts";
import * as tf from "./tf.ts";

/**
 * A loss that is a function of arrays, as an operation of TensorFlow.js with the function's own gradient.
 * @param logits (size, classes)
 */
export function functionLoss(
  loss: LossFunction,
  batch: Pick<Batch, "size" | "labels" | "targets">,
  logits: tf.Tensor,
  classes: number,
  smoothing = 0,
): tf.Scalar {
  const operation = tf.customGrad((x, save) => {
    const values = Float32Array.from((x as tf.Tensor).dataSync<"float32">());
    const result = evaluateLoss(loss, batch, values, classes, smoothing);
    (save as tf.GradSaveFunc)([tf.tensor2d(result.gradient, [batch.size, classes])]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy);
    return { value: tf.scalar(result.loss), gradFunc };
  });
  return operation(logits) as tf.Scalar;
}
