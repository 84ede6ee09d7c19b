/**
 * A dense layer and the cross-entropy of labels as one kernel forward and one backward, where tfjs calls a dozen small
 * ones. On other backends than the kernels they are tfjs's operations.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import { oneHot } from "./one_hot.ts";
import { areFloats, type FastKernels } from "./operations/fast_kernel.ts";
import { runMatMul } from "./operations/matrix_products.ts";
import { runReduction } from "./operations/reductions.ts";
import { run, runOne } from "./run_kernel.ts";

/** The kernels that the functions below call; registered for the kernels backend alone. */
export const fusedLayerKernels: FastKernels = {
  DenseForward: ({ inputs, attrs, backend }) => {
    const { x, kernel, bias } = inputs;
    return runMatMul(backend, x!, kernel!, { bias, activation: attrs.activation });
  },
  // those of the kernel and the bias, by the kernels of tfjs's operations: the same bits
  DenseGradient: ({ inputs, backend }) => {
    const { x, dy } = inputs as Record<"x" | "dy", tf.TensorInfo>;
    const bias = runReduction(backend, "Sum", dy, [0], false);
    return [
      runMatMul(backend, x, dy, { transposeA: true })!,
      // the sum over one row is that row
      bias ?? backend.share(dy, dy.shape.slice(1)),
    ];
  },
  LinearForward: ({ inputs, attrs, backend }) => {
    const { x, weight, bias } = inputs;
    return runMatMul(backend, x!, weight!, {
      transposeB: true,
      bias,
      activation: attrs.activation,
    });
  },
  LinearGradient: ({ inputs, attrs, backend }) => {
    const { dy, x, weight, y } = inputs as Record<string, tf.TensorInfo>;
    const [units, size] = weight!.shape as [number, number], rows = x!.shape[0]!;
    const [dx, dWeight, dBias] = [
      backend.allocate([rows, size], "float32"),
      backend.allocate([units, size], "float32"),
      backend.allocate([units], "float32"),
    ];
    backend.kernels.denseGradient({
      ...{ rows, units, inputs: size, activation: attrs.activation, transposed: true },
      input: backend.addressOf(x!),
      weights: backend.addressOf(weight!),
      output: backend.addressOf(y!),
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
    const losses = backend.allocate([rows], "float32");
    const gradient = backend.allocate([rows, classes], "float32");
    backend.kernels.softmaxCrossEntropy({
      ...{ rows, classes, scale: 1 / rows, smoothing: attrs.smoothing },
      logits: backend.addressOf(logits!),
      labels: backend.addressOf(labels!),
      loss: backend.addressOf(losses),
      gradient: backend.addressOf(gradient),
    });
    // the mean of one is not computed
    const mean = runReduction(backend, "Sum", losses, [0], false, true) ??
      backend.share(losses, []);
    backend.disposeData(losses.dataId);
    return [mean, gradient];
  },
};

/** The gradients of the kernels above, as tfjs wants them registered. */
const fusedLayerGradients: readonly tf.GradConfig[] = [
  {
    kernelName: "LinearForward",
    inputsToSave: ["x", "weight"],
    outputsToSave: [true],
    gradFunc: (dy, [x, weight, y], attrs) => {
      // a gradient of the gradient goes back through the single operations
      if (tf.engine().state.gradientDepth > 0) {
        const g = beforeActivation(dy as tf.Tensor, y!, attrs);
        return {
          x: () => tf.matMul(g, weight!),
          weight: () => tf.matMul(g, x!, true),
          bias: () => tf.sum(g, 0),
        };
      }
      const inputs = { dy: dy as tf.Tensor, x: x!, weight: weight!, y: y! };
      const { activation } = attrs;
      const [dx, dWeight, dBias] = run("LinearGradient", inputs, { activation }) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return { x: () => dx, weight: () => dWeight, bias: () => dBias };
    },
  },
  {
    kernelName: "DenseForward",
    inputsToSave: ["x", "kernel"],
    outputsToSave: [true],
    gradFunc: (dy, [x, kernel, y], attrs) => {
      const g = beforeActivation(dy as tf.Tensor, y!, attrs);
      const ofX = () => runOne("BatchMatMul", { a: g, b: kernel! }, { transposeB: true });
      if (tf.engine().state.gradientDepth > 0) {
        return {
          x: ofX,
          kernel: () => runOne("BatchMatMul", { a: x!, b: g }, { transposeA: true }),
          bias: () => runOne("Sum", { x: g }, { axis: 0 }),
        };
      }
      const [dKernel, dBias] = run("DenseGradient", { x: x!, dy: g }) as [tf.Tensor, tf.Tensor];
      return { x: ofX, kernel: () => dKernel, bias: () => dBias };
    },
  },
];

/** Makes tfjs know the gradients of the kernels above. */
export function registerFusedLayerGradients(): void {
  for (const gradient of fusedLayerGradients) tf.registerGradient(gradient);
}

/** Activations that fused layers take along, and the kernel of the gradient before each; see activation_gradients.ts. */
const activationGradients = {
  linear: undefined,
  tanh: "TanhGradient",
} as const;
/** An activation of a fused layer. */
export type FusedLayerActivation = keyof typeof activationGradients;

/** The gradient before a layer's activation, from that after it and the layer's result. */
export function beforeActivation(dy: tf.Tensor, y: tf.Tensor, attrs: tf.NamedAttrMap): tf.Tensor {
  const name = activationGradients[attrs.activation as FusedLayerActivation];
  return name ? runOne(name, { dy, y }) : dy;
}

/** Whether fused layers take an activation along. */
export function isFusedLayerActivation(name: string): name is FusedLayerActivation {
  return Object.hasOwn(activationGradients, name);
}

/**
 * f(x·kernel + bias); undefined if the kernels backend does not compute, or cannot compute this.
 * @param x (N, in) @param kernel (in, out) @param bias (out)
 */
export function dense(
  x: tf.Tensor,
  kernel: tf.Tensor,
  bias: tf.Tensor,
  activation: FusedLayerActivation,
): tf.Tensor | undefined {
  const isDense = x.rank === 2 && x.shape[1] === kernel.shape[0] && areFused(x, kernel, bias);
  return isDense ? runOne("DenseForward", { x, kernel, bias }, { activation }) : undefined;
}

/** Whether the kernels backend computes, and can compute with these. */
function areFused(...tensors: tf.Tensor[]): boolean {
  if (tf.getBackend() !== kernelsBackendName) return false;
  return areFloats(tf.backend() as never, ...tensors);
}

/** f(x·weightᵀ + bias). @param x (N, in) @param weight (out, in) @param bias (out) */
export function linear(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
  activation: "linear" | "tanh" = "linear",
): tf.Tensor2D {
  if (x.rank !== 2 || !areFused(x, weight, bias) || x.shape[1] !== weight.shape[1]) {
    const sum: tf.Tensor2D = tf.add(tf.matMul(x, weight, false, true), bias);
    return activation === "tanh" ? tf.tanh(sum) : sum;
  }
  return runOne("LinearForward", { x, weight, bias }, { activation }) as tf.Tensor2D;
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
  // the gradient of a gradient needs the single operations, which have one
  if (!areFused(logits) || tf.engine().state.gradientDepth > 1) {
    const rows = oneHot(labels, classes);
    const targets = smoothing === 0
      ? rows
      : tf.add(tf.mul(rows, 1 - smoothing), smoothing / classes);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
  }
  const fused = tf.customGrad((logits, save) => {
    const inputs = { logits: logits as tf.Tensor, labels };
    const [value, gradient] = run("LabelCrossEntropy", inputs, { smoothing }) as [
      tf.Scalar,
      tf.Tensor,
    ];
    (save as tf.GradSaveFunc)([gradient]);
    const gradFunc = (dy: tf.Tensor, [gradient]: tf.Tensor[]) =>
      runOne("Multiply", { a: gradient!, b: dy });
    return { value, gradFunc };
  });
  return fused(logits) as tf.Scalar;
}
