import * as tf from "../../backend/tf.ts";
import type { Module } from "./module.ts";

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
  /** @param labelSmoothing share of each target that is spread over all classes, in [0, 1) */
  constructor(readonly labelSmoothing = 0) {}

  forward(logits: tf.Tensor, target: tf.Tensor): tf.Scalar {
    const [count = 0, classes = 0] = logits.shape;
    if (logits.rank !== 2 || target.shape[0] !== count) {
      throw new RangeError(
        `logits (N, classes) and N targets are needed, got (${logits.shape.join(", ")}) and ` +
          `(${target.shape.join(", ")})`,
      );
    }
    const rows = target.rank === 1 ? oneHot(target as tf.Tensor1D, classes) : target;
    if (rows.shape[1] !== classes) {
      throw new RangeError(`one-hot rows of ${rows.shape[1]} for ${classes} classes`);
    }
    if (target.rank === 2) refuseUnlessDistributions(target);
    const smoothing = this.labelSmoothing;
    const labels = smoothing === 0
      ? rows
      : tf.add(tf.mul(rows, 1 - smoothing), smoothing / classes);
    return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)));
  }
}

function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor {
  const outside = tf.tidy(() => labels.less(0).logicalOr(labels.greaterEqual(classes)).any());
  const found = outside.dataSync()[0];
  outside.dispose();
  if (found) throw new RangeError(`a label is outside [0, ${classes})`);
  return tf.oneHot(labels, classes);
}

/** Each row must be at least 0 and sum to 1. */
function refuseUnlessDistributions(target: tf.Tensor): void {
  const wrong = tf.tidy(() =>
    target.less(0).any().logicalOr(target.sum(1).sub(1).abs().greater(1e-3).any())
  );
  const found = wrong.dataSync()[0];
  wrong.dispose();
  if (found) {
    throw new RangeError(
      "the target's rows are no probabilities (at least 0, sum 1); are logits and target swapped?",
    );
  }
}

/** How many images of a batch have their largest logit at the label. @param labels integers (N) */
export function countCorrect(logits: tf.Tensor, labels: tf.Tensor): number {
  return tf.tidy(() => tf.sum(tf.equal(tf.argMax(logits, 1), labels)).dataSync()[0]!);
}

/**
 * Computes a loss and puts its gradient into every parameter's `grad`, where it stays until `zeroGrad`, also
 * beyond the end of a `tidy`.
 */
export function backward(model: Module, loss: () => tf.Scalar): tf.Scalar {
  const named = [...model.namedParameters()];
  const { value, grads } = tf.variableGrads(loss, named.map(([, parameter]) => parameter.data));
  for (const [, parameter] of named) {
    parameter.zeroGrad();
    parameter.grad = tf.keep(grads[parameter.data.name]!);
  }
  return value;
}
