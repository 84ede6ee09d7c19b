/**
 * A training step of layers that stand one after the other. tfjs's own asks an executor which layer comes next, looks
 * at the input of each and keeps their masks; meanwhile the kernels wait.
 */
import * as tf from "../../backend/tf.ts";
import { applyStack, isPlainStack } from "./apply_stack.ts";
import { meanLabelLoss } from "./label_loss.ts";

/** Learns from a batch, (inputs, labels); gives its loss and its metric. */
export type TrainStep = (data: tf.Tensor[]) => tf.Scalar[];

/** What of a compiled model is used here; tfjs's types leave it out. */
export interface CompiledModel {
  readonly collectedTrainableWeights: readonly { read(): tf.Tensor }[];
  readonly losses: readonly unknown[];
}

/**
 * A step with the loss of labels, which has the bits of tfjs's own with `labelLoss`; undefined if tfjs has to do more
 * than to call the layers, as for a regularizer.
 * @param compiled the model inside of the Sequential
 * @param metric a scalar from labels and probabilities
 */
export function stackStep(
  model: tf.Sequential,
  compiled: CompiledModel,
  rule: tf.Optimizer,
  metric: (labels: tf.Tensor, probabilities: tf.Tensor) => tf.Tensor,
): TrainStep | undefined {
  const { layers } = model, softmax = layers.at(-1)!;
  const isPlain = layers.every(({ losses }) => losses.length === 0) &&
    compiled.losses.length === 0 && softmax.getClassName() === "Softmax";
  const before = layers.slice(0, -1), training = { training: true };
  if (!isPlain || !isPlainStack(before)) return undefined;
  return ([images, labels]) => {
    let measured: tf.Tensor | undefined;
    const loss = () => {
      const logits = applyStack(before, images as tf.Tensor4D, training)!;
      const probabilities = softmax.call(logits, training) as tf.Tensor;
      measured = tf.keep(metric(labels!, probabilities));
      return meanLabelLoss(labels!, probabilities);
    };
    const variables = compiled.collectedTrainableWeights.map((weight) => weight.read());
    try {
      const value = rule.minimize(loss, true, variables as tf.Variable[])!;
      return [value, measured as tf.Scalar];
    } catch (error) {
      measured?.dispose();
      throw error;
    }
  };
}
