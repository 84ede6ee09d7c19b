import type { StepResult } from "../../model/training_step.ts";
import { argmax } from "../../util/argmax.ts";
import { exponentialSum } from "../../util/log_sum_exp.ts";
import type { FloatArray } from "./array.ts";

/**
 * Softmax cross-entropy and its gradient, in one go so that no logarithm meets a zero.
 *
 * For one image with logits x and label y: loss = log Σ exp(x_c) − x_y, and ∂loss/∂x_c =
 * softmax(x)_c − [c = y]. The gradient is that of the batch's mean.
 *
 * With label smoothing s the target is 1 − s on the label and s/classes everywhere: the loss takes the
 * mean of all classes' losses for its share s (Szegedy et al. 2016).
 *
 * @param logits (count, classes), replaced by the gradient
 * @returns the loss summed over the images, and how many have their largest logit at the label
 */
export function softmaxCrossEntropy(
  logits: FloatArray,
  labels: Int32Array,
  count: number,
  classes: number,
  smoothing = 0,
): StepResult {
  let loss = 0;
  let correct = 0;
  for (let n = 0; n < count; n++) {
    const row = n * classes;
    const label = labels[n]!;
    if (!(label >= 0 && label < classes)) {
      throw new RangeError(`label ${label} of image ${n} is outside [0, ${classes})`);
    }
    const own = logits.subarray(row, row + classes);
    const { largest, sum } = exponentialSum(own);
    let mean = 0;
    for (let c = 0; c < classes; c++) mean += logits[row + c]! / classes;
    loss += Math.log(sum) + largest - (1 - smoothing) * logits[row + label]! - smoothing * mean;
    if (argmax(own) === label) correct++;
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(logits[row + c]! - largest) / sum;
      const target = (c === label ? 1 - smoothing : 0) + smoothing / classes;
      logits[row + c] = (probability - target) / count;
    }
  }
  return { loss, correct };
}
