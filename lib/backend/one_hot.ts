import * as tf from "@tensorflow/tfjs-core";

/** One-hot rows (N, classes) of integer labels (N). `tf.oneHot` refuses a single class, of which all rows are 1. */
export function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  return classes === 1
    ? tf.ones([labels.size, 1], "int32")
    : tf.oneHot(labels, classes) as tf.Tensor2D;
}
