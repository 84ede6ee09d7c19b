/**
 * Kernels of tfjs and of ours, called without tfjs's operations. Those check and convert their arguments and open a
 * scope around each call, which takes longer than many a kernel of one image.
 */
import * as tf from "@tensorflow/tfjs-core";

/** A kernel with one result. */
export function runOne(name: string, inputs: Record<string, tf.Tensor>, attrs = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs) as tf.Tensor;
}

/** A kernel with several results, which `tf.engine().runKernel` gives back as tensors. */
export function run(name: string, inputs: Record<string, tf.Tensor>, attrs = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attrs) as unknown as tf.Tensor[];
}

/** `tf.transpose` of floats. */
export function transpose<T extends tf.Tensor>(x: tf.Tensor, perm: number[]): T {
  // the operation says what is wrong with others
  if (x.rank !== perm.length) return tf.transpose(x, perm) as T;
  return runOne("Transpose", { x }, { perm }) as T;
}

/** `tf.maxPool` over squares that do not overlap: (N, H, W, C) → (N, ⌊H / size⌋, ⌊W / size⌋, C). */
export function maxPool(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (x.rank !== 4) return tf.maxPool(x, size, size, "valid");
  const attrs = { filterSize: size, strides: size, pad: "valid" };
  return runOne("MaxPool", { x }, attrs) as tf.Tensor4D;
}

/** (N, …) → (N, product of the rest). */
export function flatten(x: tf.Tensor): tf.Tensor2D {
  const rows = x.shape[0]!;
  if (x.size === 0 || x.rank === 0) return tf.reshape(x, [rows, -1]);
  return runOne("Reshape", { x }, { shape: [rows, x.size / rows] }) as tf.Tensor2D;
}
