/**
 * The gradients of activations in one kernel each. tfjs composes them of three or four, whatever the backend; on
 * other backends they stay as they are. The new kernels have gradients themselves, for gradients of gradients.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";

interface ActivationGradient {
  readonly activation: "Tanh" | "Sigmoid" | "Relu";
  /** What the gradient is computed from: the activation's result, or its input. */
  readonly saved: "x" | "y";
  /** The derivative by what is saved, and the derivative of that. */
  readonly slope: (saved: tf.Tensor) => tf.Tensor;
  readonly curvature: (saved: tf.Tensor) => tf.Tensor;
}

const gradients: readonly ActivationGradient[] = [
  {
    activation: "Tanh",
    saved: "y",
    slope: (y) => tf.sub(1, tf.square(y)),
    curvature: (y) => tf.mul(-2, y),
  },
  {
    activation: "Sigmoid",
    saved: "y",
    slope: (y) => tf.mul(y, tf.sub(1, y)),
    curvature: (y) => tf.sub(1, tf.mul(2, y)),
  },
  {
    activation: "Relu",
    saved: "x",
    slope: (x) => tf.step(x),
    curvature: (x) => tf.zerosLike(x),
  },
];

let registered = false;

/**
 * Replaces tfjs's gradients of tanh, sigmoid and relu, as long as the kernels backend computes. They must be there:
 * they come with @tensorflow/tfjs, or with @tensorflow/tfjs-core/dist/register_all_gradients.
 */
export function registerActivationGradients(): void {
  if (registered) return;
  registered = true;
  for (const { activation, saved, slope, curvature } of gradients) {
    const original = tf.getGradient(activation);
    // a program that only infers has none
    if (original == null) continue;
    const kernelName = `${activation}Gradient`;
    tf.registerGradient({
      ...original,
      ...(saved === "x" ? { inputsToSave: ["x"] } : { outputsToSave: [true] }),
      gradFunc: (dy, kept, attrs) => {
        if (tf.getBackend() !== kernelsBackendName) return original.gradFunc(dy, kept, attrs);
        const [y] = kept as tf.Tensor[];
        const inputs = { dy: dy as tf.Tensor, y: y! };
        return { x: () => tf.engine().runKernel(kernelName, inputs) as tf.Tensor };
      },
    });
    tf.registerGradient({
      kernelName,
      inputsToSave: ["dy", "y"],
      gradFunc: (ddy, kept) => {
        const [dy, y] = kept as [tf.Tensor, tf.Tensor];
        return {
          dy: () => tf.mul(ddy as tf.Tensor, slope(y)),
          y: () => tf.mul(ddy as tf.Tensor, tf.mul(dy, curvature(y))),
        };
      },
    });
  }
}
