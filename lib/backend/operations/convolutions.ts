import * as tf from "@tensorflow/tfjs-core";
import type { FusedActivation } from "../../kernels/tensor/tensor_operations.ts";
import type { KernelsBackend } from "../kernels_backend.ts";
import { areFloats, type FastKernel, type FastKernels, sizeOf } from "./fast_kernel.ts";

/** tfjs's names of the fused activations that the kernels have. */
const activations: readonly string[] = [
  ...["linear", "relu", "relu6", "elu", "leakyrelu", "sigmoid", "tanh"] satisfies FusedActivation[],
];

/** The activation that a fused kernel is asked for; undefined if the kernels do not have it. */
function activationOf(attrs: { activation?: string }): FusedActivation | undefined {
  const name = attrs.activation ?? "linear";
  return activations.includes(name) ? name as FusedActivation : undefined;
}

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function geometryOf(
  input: number[],
  filter: number[],
  attrs: ConvolutionAttributes,
): tf.backend_util.Conv2DInfo | undefined {
  if (attrs.dataFormat !== "NHWC" && attrs.dataFormat !== undefined) return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    ...[
      input as [number, number, number, number],
      filter as [number, number, number, number],
    ] as const,
    ...[attrs.strides, attrs.dilations ?? 1, attrs.pad, attrs.dimRoundingMode] as const,
  );
  // grouped convolutions are the CPU backend's
  return sizeOf(info.outShape) > 0 && filter[2] === input[3] ? info : undefined;
}

const conv2d: FastKernel = ({ inputs, attrs, backend }) => {
  const { x, filter, bias, preluActivationWeights } = inputs;
  const activation = activationOf(attrs);
  const floats = [x!, filter!, ...(bias ? [bias] : [])];
  if (!areFloats(backend, ...floats) || activation === undefined || preluActivationWeights) {
    return undefined;
  }
  const geometry = geometryOf(x!.shape, filter!.shape, attrs);
  if (geometry === undefined) return undefined;
  // a bias of one number for all channels is as rare as it is allowed
  if (bias && sizeOf(bias.shape) !== geometry.outChannels) return undefined;
  const out = backend.allocate(geometry.outShape, "float32");
  backend.kernels.conv2d({
    geometry,
    input: backend.addressOf(x!),
    filter: backend.addressOf(filter!),
    output: backend.addressOf(out),
    activation,
    ...(bias ? { bias: backend.addressOf(bias) } : {}),
    ...(attrs.leakyreluAlpha !== undefined ? { alpha: attrs.leakyreluAlpha } : {}),
  });
  return out;
};

const conv2dFilterGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, dy = inputs.dy!;
  if (!areFloats(backend, x, dy)) return undefined;
  const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
  if (geometry === undefined) return undefined;
  const out = backend.allocate(attrs.filterShape, "float32");
  backend.kernels.conv2dFilterGradient({
    geometry,
    input: backend.addressOf(x),
    outputGradient: backend.addressOf(dy),
    filterGradient: backend.addressOf(out),
  });
  return out;
};

const conv2dInputGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const dy = inputs.dy!, filter = inputs.filter!;
  if (!areFloats(backend, dy, filter)) return undefined;
  const geometry = geometryOf(attrs.inputShape, filter.shape, attrs);
  if (geometry === undefined) return undefined;
  const out = backend.allocate(attrs.inputShape, "float32");
  backend.kernels.conv2dInputGradient({
    geometry,
    outputGradient: backend.addressOf(dy),
    filter: backend.addressOf(filter),
    inputGradient: backend.addressOf(out),
  });
  return out;
};

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function poolGeometry(
  input: number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.backend_util.Conv2DInfo | undefined {
  const info = tf.backend_util.computePool2DInfo(
    ...[input as [number, number, number, number], filterSize, strides, 1, pad] as const,
    dimRoundingMode,
  );
  return sizeOf(info.outShape) > 0 ? info : undefined;
}

function poolKernel(kind: "maxPool" | "averagePool"): FastKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    if (!areFloats(backend, x)) return undefined;
    const geometry = poolGeometry(x.shape, attrs);
    if (geometry === undefined) return undefined;
    const out = backend.allocate(geometry.outShape, "float32");
    backend.kernels[kind]({
      geometry,
      input: backend.addressOf(x),
      output: backend.addressOf(out),
    });
    return out;
  };
}

const maxPoolGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const dy = inputs.dy!, input = inputs.input!;
  if (!areFloats(backend, dy, input)) return undefined;
  const geometry = poolGeometry(input.shape, attrs);
  if (geometry === undefined) return undefined;
  const out = backend.allocate(input.shape, "float32");
  backend.kernels.maxPoolGradient({
    geometry,
    outputGradient: backend.addressOf(dy),
    input: backend.addressOf(input),
    inputGradient: backend.addressOf(out),
  });
  return out;
};

const averagePoolGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const dy = inputs.dy!, input = inputs.input!;
  if (!areFloats(backend, dy)) return undefined;
  const geometry = poolGeometry(input.shape, attrs);
  if (geometry === undefined) return undefined;
  const out = backend.allocate(input.shape, "float32");
  backend.kernels.averagePoolGradient({
    geometry,
    outputGradient: backend.addressOf(dy),
    inputGradient: backend.addressOf(out),
  });
  return out;
};

const matMul: FastKernel = ({ inputs, attrs, backend }) => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const activation = activationOf(attrs);
  const floats = [a!, b!, ...(bias ? [bias] : [])];
  if (!areFloats(backend, ...floats) || activation === undefined || preluActivationWeights) {
    return undefined;
  }
  return runMatMul(backend, a!, b!, {
    transposeA: attrs.transposeA ?? false,
    transposeB: attrs.transposeB ?? false,
    activation,
    bias,
    alpha: attrs.leakyreluAlpha,
  });
};

/** op(a)·op(b) for matrices or stacks of them, with bias and activation. */
export function runMatMul(
  backend: KernelsBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA = false, transposeB = false, bias, activation = "linear", alpha }: {
    readonly transposeA?: boolean;
    readonly transposeB?: boolean;
    readonly bias?: tf.TensorInfo | undefined;
    readonly activation?: FusedActivation;
    readonly alpha?: number | undefined;
  },
): tf.TensorInfo | undefined {
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, columns] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [stackA, stackB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(stackA), sizeOf(stackB)];
  const batch = Math.max(countA, countB);
  // one of the stacks may be a single matrix; other broadcasting is the CPU backend's
  const isSame = tf.util.arraysEqual(stackA, stackB);
  if (depth !== depthB || (!isSame && countA !== 1 && countB !== 1)) return undefined;
  if (bias && sizeOf(bias.shape) !== columns) return undefined;
  const stack = tf.backend_util.assertAndGetBroadcastShape(stackA, stackB);
  const out = backend.allocate([...stack, rows, columns], "float32");
  backend.kernels.matMul({
    ...{ batch, rows, depth, columns, transposeA, transposeB, activation },
    a: backend.addressOf(a),
    b: backend.addressOf(b),
    c: backend.addressOf(out),
    strideA: countA === 1 ? 0 : rows * depth,
    strideB: countB === 1 ? 0 : depth * columns,
    ...(bias ? { bias: backend.addressOf(bias) } : {}),
    ...(alpha !== undefined ? { alpha } : {}),
  });
  return out;
}

export const convolutionKernels: FastKernels = {
  Conv2D: conv2d,
  FusedConv2D: conv2d,
  Conv2DBackpropFilter: conv2dFilterGradient,
  Conv2DBackpropInput: conv2dInputGradient,
  MaxPool: poolKernel("maxPool"),
  MaxPoolGrad: maxPoolGradient,
  AvgPool: poolKernel("averagePool"),
  AvgPoolGrad: averagePoolGradient,
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
};
