/**
 * The gradient of softmax as one kernel, where tfjs calls four. On other backends it stays as it is, and so does a
 * gradient within a gradient, which goes back through the four.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import { runBinary } from "./operations/binary_operations.ts";
import { areFloats, type FastKernels } from "./operations/fast_kernel.ts";
import { runReduction } from "./operations/reductions.ts";

/** y·dy − y·Σ y·dy along the last axis, by the kernels of tfjs's operations: the same bits. */
export const softmaxGradientKernels: FastKernels = {
  SoftmaxGradient: ({ inputs, backend }) => {
    const { dy, y } = inputs as Record<"dy" | "y", tf.TensorInfo>;
    const product = runBinary(backend, "Multiply", dy, y);
    const sum = runReduction(backend, "Sum", product, [y.shape.length - 1], true);
    // without a sum, each row is one number
    const part = runBinary(backend, "Multiply", sum ?? product, y);
    const gradient = runBinary(backend, "Sub", product, part);
    for (const used of [product, sum, part]) if (used) backend.disposeData(used.dataId);
    return gradient;
  },
};

let registered = false;

/** Replaces tfjs's gradient of softmax, as long as the kernels backend computes; once. */
export function registerSoftmaxGradient(): void {
  if (registered) return;
  registered = true;
  const original = tf.getGradient("Softmax");
  // a program that only infers has none
  if (original == null) return;
  tf.registerGradient({
    ...original,
    gradFunc: (dy, saved, attrs) => {
      const inputs = { dy: dy as tf.Tensor, y: saved[0]! };
      const { rank } = inputs.y, engine = tf.engine();
      const isUsual = tf.getBackend() === kernelsBackendName && engine.state.gradientDepth === 0 &&
        (attrs.dim === -1 || attrs.dim === rank - 1) &&
        areFloats(tf.backend() as never, inputs.dy, inputs.y);
      if (!isUsual) return original.gradFunc(dy, saved, attrs);
      return { logits: () => engine.runKernel("SoftmaxGradient", inputs) as tf.Tensor };
    },
  });
}
