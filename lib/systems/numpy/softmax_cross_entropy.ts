import type { StepResult } from "../../model/training_step.ts";
import { argmax } from "../../util/argmax.ts";
import { exponentialSum } from "../../util/log_sum_exp.ts";
import type { FloatArray } from "./array.ts";

/**
 * The loss and where the backward pass begins: softmax, cross-entropy and their gradient in one function,
 * so that no logarithm of a zero is ever taken.
 *
 * For one image with logits x (classes) and label y:
 *   loss        = log Σ_c exp(x_c) − x_y
 *   ∂loss/∂x_c  = softmax(x)_c − [c = y]
 * The gradient is that of the mean over the batch, so it is divided by the count of images.
 *
 * With label smoothing s the target is s / classes for every class and 1 − s more for the label
 * (Szegedy et al. 2016):
 *   loss        = log Σ_c exp(x_c) − (1 − s) · x_y − s · mean_c x_c
 *   ∂loss/∂x_c  = softmax(x)_c − (1 − s) · [c = y] − s / classes
 *
 * @param logits (count, classes), replaced by the gradient
 * @returns the loss summed over the images, and how many have their largest logit at the label
 * @throws RangeError naming a label that is none of the classes
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
