import { checkTargets, type StepResult } from "../../model/training_step.ts";
import { argmax } from "../../util/argmax.ts";
import { exponentialSum } from "../../util/log_sum_exp.ts";
import { type FloatArray, requireInputs } from "./array.ts";

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
 * With targets t (count, classes), which sum to 1 for each image, t_c takes the place of [c = y], and x_y
 * becomes Σ_c t_c · x_c (Hinton et al. 2015, at temperature 1).
 *
 * @param logits (count, classes), replaced by the gradient
 * @param targets absent: 1 for the label
 * @returns the loss summed over the images, and how many have their largest logit at the label
 * @throws RangeError naming a label that is none of the classes, or if there are fewer logits
 */
export function softmaxCrossEntropy(
  logits: FloatArray,
  labels: Int32Array,
  count: number,
  classes: number,
  smoothing = 0,
  targets?: Float32Array,
): StepResult {
  requireInputs("the loss", logits, count, classes);
  if (targets) checkTargets(targets, count, classes);
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
    const target = (c: number) =>
      (1 - smoothing) * (targets ? targets[row + c]! : Number(c === label)) + smoothing / classes;
    let aimed = 0;
    for (let c = 0; c < classes; c++) aimed += target(c) * logits[row + c]!;
    loss += Math.log(sum) + largest - aimed;
    if (argmax(own) === label) correct++;
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(logits[row + c]! - largest) / sum;
      logits[row + c] = (probability - target(c)) / count;
    }
  }
  return { loss, correct };
}
