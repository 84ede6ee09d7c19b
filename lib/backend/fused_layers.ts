/**
 * A dense layer and the cross-entropy of labels as one kernel forward and one backward, where tfjs calls a dozen small
 * ones. On other backends than the kernels they are tfjs's operations.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import { areFloats, type FastKernels } from "./operations/fast_kernel.ts";
import { runMatMul } from "./operations/matrix_products.ts";

/** The kernels that the functions below call; registered for the kernels backend alone. */
export const fusedLayerKernels: FastKernels = {
  LinearForward: ({ inputs, backend }) => {
    const { x, weight, bias } = inputs;
    return runMatMul(backend, x!, weight!, { transposeB: true, bias });
  },
  LinearGradient: ({ inputs, backend }) => {
    const { dy, x, weight } = inputs as Record<string, tf.TensorInfo>;
    const [units, size] = weight!.shape as [number, number], rows = x!.shape[0]!;
    const [dx, dWeight, dBias] = [
      backend.allocate([rows, size], "float32"),
      backend.allocate([units, size], "float32"),
      backend.allocate([units], "float32"),
    ];
    backend.kernels.denseGradient({
      ...{ rows, units, inputs: size, activation: "linear", transposed: true, output: 0 },
      input: backend.addressOf(x!),
      weights: backend.addressOf(weight!),
      outputGradient: backend.addressOf(dy!),
      weightGradient: backend.addressOf(dWeight),
      biasGradient: backend.addressOf(dBias),
      inputGradient: backend.addressOf(dx),
    });
    return [dx, dWeight, dBias];
  },
  LabelCrossEntropy: ({ inputs, attrs, backend }) => {
    const { logits, labels } = inputs as Record<string, tf.TensorInfo>;
    const [rows, classes] = logits!.shape as [number, number];
    const loss = backend.allocate([rows], "float32");
    const gradient = backend.allocate([rows, classes], "float32");
    backend.kernels.softmaxCrossEntropy({
      ...{ rows, classes, scale: 1 / rows, smoothing: attrs.smoothing },
      logits: backend.addressOf(logits!),
      labels: backend.addressOf(labels!),
      loss: backend.addressOf(loss),
      gradient: backend.addressOf(gradient),
    });
    return [loss, gradient];
  },
};

/** Whether the kernels backend computes, and can compute with these. */
function areFused(...tensors: tf.Tensor[]): boolean {
  if (tf.getBackend() !== kernelsBackendName) return false;
  return areFloats(tf.backend() as never, ...tensors);
}

/** A kernel with several results, which `tf.engine().runKernel` gives back as tensors. */
function run(name: string, inputs: Record<string, tf.Tensor>, attrs = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attrs) as unknown as tf.Tensor[];
}

/** x·weightᵀ + bias. @param x (N, in) @param weight (out, in) @param bias (out) */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  if (x.rank !== 2 || !areFused(x, weight, bias) || x.shape[1] !== weight.shape[1]) {
    return tf.add(tf.matMul(x, weight, false, true), bias);
  }
  const fused = tf.customGrad((x, weight, bias, save) => {
    const inputs = { x, weight, bias } as Record<string, tf.Tensor>;
    const value = tf.engine().runKernel("LinearForward", inputs) as tf.Tensor;
    (save as tf.GradSaveFunc)([x as tf.Tensor, weight as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      run("LinearGradient", { dy, x: saved[0]!, weight: saved[1]! });
    return { value, gradFunc };
  });
  return fused(x, weight, bias) as tf.Tensor2D;
}

/**
 * The mean cross-entropy of softmax(logits) over the rows.
 * @param logits (N, classes)
 * @param labels int32 (N), each from 0 to classes − 1: the caller checks them
 * @param smoothing share of each target that is spread over all classes, in [0, 1)
 */
export function labelCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing = 0,
): tf.Scalar {
  const classes = logits.shape[1];
  if (!areFused(logits)) {
    const rows = tf.oneHot(labels, classes);
    const targets = smoothing === 0
      ? rows
      : tf.add(tf.mul(rows, 1 - smoothing), smoothing / classes);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
  }
  const fused = tf.customGrad((logits, save) => {
    const inputs = { logits: logits as tf.Tensor, labels };
    const [losses, gradient] = run("LabelCrossEntropy", inputs, { smoothing }) as [
      tf.Tensor,
      tf.Tensor,
    ];
    (save as tf.GradSaveFunc)([gradient]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy);
    return { value: tf.mean(losses), gradFunc };
  });
  return fused(logits) as tf.Scalar;
}
