/**
 * Losses that `fit` may be given in place of its cross-entropy: a function from a batch's logits to the loss and
 * to its gradient. All three systems take the same function, since each computes the rest of the gradient itself.
 */
import type { Batch } from "../pixels/pixels.ts";
import { argmax } from "../util/argmax.ts";
import { exponentialSum } from "../util/log_sum_exp.ts";
import { describe } from "./describe.ts";
import { firstNonFinite } from "./finite.ts";

/** A batch as a loss sees it. */
export interface LossInput {
  /** Number of images. */
  readonly size: number;
  /** Number of classes. */
  readonly classes: number;
  /** (size, classes). */
  readonly logits: Float32Array;
  /** One label for each image. */
  readonly labels: Int32Array;
  /** (size, classes), each image's numbers with sum 1: 1 for the label, or what `labelSmoothing` and mixing made. */
  readonly targets: Float32Array;
  /** Whether the batch had targets of its own, so that the label alone does not say what is aimed at. */
  readonly hasSoftTargets: boolean;
}

/** What a loss says of a batch. */
export interface LossResult {
  /** One number for the batch, its mean over the images usually. */
  readonly loss: number;
  /** (size, classes): of `loss`, with respect to the logits. */
  readonly gradient: Float32Array;
}

/** A loss of one's own. It may be called from a training step, and must not be asynchronous. */
export type LossFunction = (input: LossInput) => LossResult;

/**
 * Calls a loss and checks what it gives.
 * @param logits (size, classes)
 * @throws RangeError naming what is no loss or no gradient
 */
export function evaluateLoss(
  loss: LossFunction,
  batch: Pick<Batch, "size" | "labels" | "targets">,
  logits: Float32Array,
  classes: number,
  smoothing = 0,
): LossResult {
  const { size, labels } = batch;
  const targets = new Float32Array(size * classes);
  for (let n = 0; n < size; n++) {
    for (let c = 0; c < classes; c++) {
      const at = n * classes + c;
      const own = batch.targets ? batch.targets[at]! : Number(labels[n] === c);
      targets[at] = (1 - smoothing) * own + smoothing / classes;
    }
  }
  const hasSoftTargets = batch.targets !== undefined;
  // copies, since a function may well compute its gradient in place
  const own = { logits: logits.slice(), labels: labels.slice(), targets };
  const result = loss({ size, classes, ...own, hasSoftTargets });
  if (typeof result?.loss !== "number") {
    throw new RangeError(
      `the loss function must give a number as loss, got ${describe(result?.loss)}`,
    );
  }
  const { gradient } = result;
  if (!(gradient instanceof Float32Array) || gradient.length !== size * classes) {
    throw new RangeError(
      `the loss function must give a gradient of ${size} × ${classes} numbers in a Float32Array`,
    );
  }
  const broken = firstNonFinite(gradient);
  if (broken >= 0 && Number.isFinite(result.loss)) {
    throw new RangeError(
      `the loss function gives a finite loss and a gradient that is ${
        gradient[broken]
      } for class ` +
        `${broken % classes} of image ${Math.floor(broken / classes)}`,
    );
  }
  return result;
}

/** How many images have their largest logit at the label. @param logits (size, classes) */
export function countHits(logits: Float32Array, labels: Int32Array, classes: number): number {
  let hits = 0;
  labels.forEach((label, n) => {
    if (argmax(logits.subarray(n * classes, (n + 1) * classes)) === label) hits++;
  });
  return hits;
}

/**
 * Cross-entropy in which each class has a weight, for classes with few images, say. As in PyTorch:
 *   loss       = Σ_n Σ_c w_c · t_nc · (log Σ_k exp(x_nk) − x_nc) / W
 *   ∂loss/∂x_c = (softmax(x)_c · Σ_k w_k t_k − w_c t_c) / W
 * where W is the sum of the weights of the labels, or the count of images if the batch has targets of its own.
 * @param classWeights one for each class, at least 0 and finite, one of them above 0
 * @throws RangeError naming a weight that cannot be, or, when it is used, another number of classes
 */
export function weightedCrossEntropy(classWeights: readonly number[]): LossFunction {
  const wrong = classWeights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (wrong >= 0 || !classWeights.some((weight) => weight > 0)) {
    throw new RangeError(
      `the class weights must be finite and at least 0, one of them above 0` +
        (wrong >= 0 ? `, but weight ${wrong} is ${classWeights[wrong]}` : ""),
    );
  }
  return ({ size, classes, logits, labels, targets, hasSoftTargets }) => {
    if (classWeights.length !== classes) {
      throw new RangeError(`${classes} classes need as many weights, got ${classWeights.length}`);
    }
    let whole = 0;
    for (const label of labels) whole += classWeights[label]!;
    if (hasSoftTargets) whole = size;
    const gradient = new Float32Array(size * classes);
    let loss = 0;
    // a batch whose labels all have weight 0 teaches nothing
    if (whole === 0) return { loss, gradient };
    for (let n = 0; n < size; n++) {
      const row = n * classes, own = logits.subarray(row, row + classes);
      const { largest, sum } = exponentialSum(own), top = largest + Math.log(sum);
      let weight = 0;
      for (let c = 0; c < classes; c++) {
        const part = classWeights[c]! * targets[row + c]!;
        weight += part;
        loss += part * (top - own[c]!) / whole;
        gradient[row + c] = -part / whole;
      }
      for (let c = 0; c < classes; c++) {
        gradient[row + c]! += Math.exp(own[c]! - top) * weight / whole;
      }
    }
    return { loss, gradient };
  };
}
