import { labelCrossEntropy } from "../../backend/fused_layers.ts";
import { oneHot } from "../../backend/one_hot.ts";
import { numbersOf } from "../../backend/tensor_arrays.ts";
import * as tf from "../../backend/tf.ts";
import { describe } from "../../model/describe.ts";
import { argmax } from "../../util/argmax.ts";
import type { Module, Parameter } from "./module.ts";

/** A loss of a batch from logits (N, classes) and a target. */
export interface Criterion {
  forward(logits: tf.Tensor, target: tf.Tensor): tf.Scalar;
}

/**
 * PyTorch's `CrossEntropyLoss`: logits first, then the target, as integer labels (N) or one-hot rows
 * (N, classes); the mean over the batch.
 *
 * Called the wrong way round, as the paper's code did, the "target" may hold any number and the
 * loss has no lower bound. Here a target whose rows are not distributions is refused.
 */
export class CrossEntropyLoss implements Criterion {
  /**
   * @param labelSmoothing share of each target that is spread over all classes, in [0, 1)
   * @throws RangeError if it is anything else
   */
  constructor(readonly labelSmoothing = 0) {
    if (typeof labelSmoothing !== "number" || !(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new RangeError(`labelSmoothing must be in [0, 1), got ${describe(labelSmoothing)}`);
    }
  }

  forward(logits: tf.Tensor, target: tf.Tensor): tf.Scalar {
    const [count = 0, classes = 0] = logits.shape;
    if (logits.rank !== 2 || target.shape[0] !== count) {
      throw new RangeError(
        `logits (N, classes) and N targets are needed, got (${logits.shape.join(", ")}) and ` +
          `(${target.shape.join(", ")})`,
      );
    }
    if (target.rank === 2 && target.shape[1] !== classes) {
      throw new RangeError(`one-hot rows of ${target.shape[1]} for ${classes} classes`);
    }
    const smoothing = this.labelSmoothing;
    const known = target.rank === 1 ? target : knownLabels.get(target);
    const labels = known ? checkedLabels(known, classes) : labelsOfRows(target);
    if (labels) return labelCrossEntropy(logits as tf.Tensor2D, labels, smoothing);
    const rows = smoothing === 0
      ? target
      : tf.add(tf.mul(target, 1 - smoothing), smoothing / classes);
    return tf.neg(tf.mean(tf.sum(tf.mul(rows, tf.logSoftmax(logits)), 1)));
  }
}

/** The labels of rows that `oneHotRows` has made, so that nobody looks for them again. */
const knownLabels = new WeakMap<tf.Tensor, tf.Tensor1D>();

/** One-hot rows (N, classes) of integer labels (N). */
export function oneHotRows(labels: tf.Tensor1D, classes: number): tf.Tensor {
  const rows = oneHot(labels, classes);
  knownLabels.set(rows, labels);
  return rows;
}

/** @throws RangeError for a label that is no whole number from 0 to classes − 1 */
function checkedLabels(target: tf.Tensor, classes: number): tf.Tensor1D {
  for (const label of numbersOf(target)) {
    if (!(label >= 0 && label < classes)) {
      throw new RangeError(`a label is outside [0, ${classes})`);
    }
    if (!Number.isInteger(label)) throw new RangeError(`a label is no whole number: ${label}`);
  }
  return target.dtype === "int32" ? target as tf.Tensor1D : tf.cast(target as tf.Tensor1D, "int32");
}

/**
 * The labels, if all rows are one-hot, else undefined.
 * @throws RangeError if a row is no distribution: at least 0, with sum 1
 */
function labelsOfRows(target: tf.Tensor): tf.Tensor1D | undefined {
  const values = numbersOf(target), [count = 0, classes = 0] = target.shape;
  const labels = new Int32Array(count);
  let areOneHot = true;
  for (let row = 0; row < count; row++) {
    let sum = 0, ones = 0;
    for (let label = 0; label < classes; label++) {
      const value = values[row * classes + label]!;
      if (!(value >= 0)) sum = NaN;
      sum += value;
      if (value === 1) [labels[row], ones] = [label, ones + 1];
      else if (value !== 0) areOneHot = false;
    }
    if (!(Math.abs(sum - 1) <= 1e-3)) {
      throw new RangeError(
        "the target's rows are no probabilities (at least 0, sum 1); are logits and target swapped?",
      );
    }
    areOneHot &&= ones === 1;
  }
  return areOneHot ? tf.tensor1d(labels, "int32") : undefined;
}

/**
 * How many images of a batch have their largest logit at the label.
 * @param logits (N, classes) @param labels integers (N)
 * @throws RangeError if they have other shapes
 */
export function countCorrect(logits: tf.Tensor, labels: tf.Tensor): number {
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new RangeError(
      `logits (N, classes) and N labels are needed, got (${logits.shape.join(", ")}) and ` +
        `(${labels.shape.join(", ")})`,
    );
  }
  const values = numbersOf(logits), wanted = numbersOf(labels), classes = logits.shape[1]!;
  let correct = 0;
  for (let row = 0; row < wanted.length; row++) {
    if (argmax(values, row * classes, (row + 1) * classes) === wanted[row]) correct++;
  }
  return correct;
}

/**
 * Computes a loss and puts its gradient into every parameter's `grad`, where it stays until `zeroGrad`, also
 * beyond the end of a `tidy`. A parameter that the loss does not depend on has none then, as in PyTorch.
 * @param parameters of the model, if the caller has listed them already
 */
export function backward(
  model: Module,
  loss: () => tf.Scalar,
  parameters: readonly Parameter[] = model.parameters(),
): tf.Scalar {
  const { value, grads } = tf.variableGrads(loss, parameters.map(({ data }) => data));
  for (const parameter of parameters) {
    parameter.zeroGrad();
    const grad = grads[parameter.data.name];
    if (grad) parameter.grad = tf.keep(grad);
  }
  return value;
}
