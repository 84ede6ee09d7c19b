import * as tf from "@tensorflow/tfjs-core";
import type { Geometry } from "../../kernels/tensor/tensor_operations.ts";
import { Convolution, GradientInside, InputGradient, PooledGradient } from "../lazy_convolution.ts";
import type { KernelsBackend } from "../kernels_backend.ts";
import type { Block } from "../stored_numbers.ts";
import { activationOf } from "./fused_activations.ts";
import { areFloats, type FastKernel, type FastKernels, sizeOf } from "./fast_kernel.ts";

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** A window that is larger than its input gives sizes below 0, two of which have a product above it. */
function areSizes(shape: readonly number[]): boolean {
  return shape.every((size) => size > 0);
}

/** The geometry of a convolution; undefined if it is empty or not for the kernels here. */
export function geometryOf(
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
  return areSizes(info.outShape) && filter[2] === input[3] ? info : undefined;
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
  const [input, kernel, biases] = backend.holdBlocks(x!, filter!, ...(bias ? [bias] : []));
  const convolution = new Convolution(backend, {
    ...{ geometry, activation, input: input!, filter: kernel!, bias: biases },
    alpha: attrs.leakyreluAlpha,
  });
  return backend.wrap(geometry.outShape, "float32", convolution);
};

/** The convolution that a tensor waits for, if nobody has needed its numbers yet. */
export function waitingConvolution(
  backend: KernelsBackend,
  x: tf.TensorInfo,
): Convolution | undefined {
  const { source, block } = backend.numbers(x);
  return source instanceof Convolution && block === undefined ? source : undefined;
}

/** A tensor's source, if it is a gradient inside of a convolution with pooling. */
function gradientInside(backend: KernelsBackend, dy: tf.TensorInfo): GradientInside | undefined {
  const { source } = backend.numbers(dy);
  return source instanceof GradientInside ? source : undefined;
}

/** Whether a gradient of `geometry` is that of the convolution which the gradient `inside` belongs to. */
function isOf(geometry: Geometry, inside: GradientInside | undefined): inside is GradientInside {
  const own = inside?.gradient.convolution.parts.geometry;
  return own !== undefined && inside!.isBeforeActivation &&
    (Object.keys(sameGeometry) as (keyof typeof sameGeometry)[])
      .every((key) => own[key] === geometry[key]);
}

/** What two convolutions without padding must have in common. */
const sameGeometry = {
  ...{ batchSize: 0, inHeight: 0, inWidth: 0, inChannels: 0, outHeight: 0, outWidth: 0 },
  ...{ outChannels: 0, filterHeight: 0, filterWidth: 0, strideHeight: 0, strideWidth: 0 },
} satisfies Partial<Record<keyof Geometry, number>>;

const conv2dFilterGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, dy = inputs.dy!;
  if (!areFloats(backend, x, dy)) return undefined;
  const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
  if (geometry === undefined || !tf.util.arraysEqual(dy.shape, geometry.outShape)) {
    return undefined;
  }
  const inside = gradientInside(backend, dy);
  if (isOf(geometry, inside)) {
    const { gradient } = inside;
    if (gradient.convolution.parts.input === backend.numbers(x).block) {
      return backend.wrap(attrs.filterShape, "float32", gradient.part("filter"));
    }
  }
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
  // tfjs lets other gradients pass, of which it uses a part
  if (geometry === undefined || !tf.util.arraysEqual(dy.shape, geometry.outShape)) {
    return undefined;
  }
  const inside = gradientInside(backend, dy);
  const isInside = isOf(geometry, inside) &&
    inside.gradient.convolution.parts.filter === backend.numbers(filter).block;
  const source = isInside
    ? inside.gradient.part("input")
    : new InputGradient(backend, geometry, ...backend.holdBlocks(dy, filter) as [Block, Block]);
  return backend.wrap(attrs.inputShape, "float32", source);
};

/** Adds a bias to a convolution that waits; undefined if the tensors are not that. */
export function addBias(
  backend: KernelsBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo | undefined {
  const convolution = waitingConvolution(backend, a);
  if (convolution === undefined || b.shape.length > 1) return undefined;
  const { bias, activation, geometry } = convolution.parts;
  if (bias || activation !== "linear" || b.shape[0] !== geometry.outChannels) return undefined;
  return backend.wrap(a.shape, "float32", convolution.with({ bias: backend.holdBlock(b) }));
}

/** An activation on a convolution that waits; undefined if the tensor is not that. */
export function activateConvolution(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  activation: "relu" | "sigmoid" | "tanh",
): tf.TensorInfo | undefined {
  const convolution = waitingConvolution(backend, x);
  if (convolution?.parts.activation !== "linear") return undefined;
  return backend.wrap(x.shape, "float32", convolution.with({ activation }));
}

/**
 * The gradient before the activation of a convolution that was pooled; undefined if the tensors are not that.
 * @param y the activation's result, or its input (`isInput`)
 */
export function activationGradientInside(
  backend: KernelsBackend,
  dy: tf.TensorInfo,
  y: tf.TensorInfo,
  activation: "relu" | "sigmoid" | "tanh",
  isInput = false,
): tf.TensorInfo | undefined {
  const inside = gradientInside(backend, dy);
  if (inside === undefined || inside.isBeforeActivation) return undefined;
  const { convolution } = inside.gradient, { source } = backend.numbers(y);
  const isOwn = source !== undefined &&
    source === (isInput ? convolution.before : convolution);
  if (!isOwn || convolution.parts.activation !== activation) return undefined;
  return backend.wrap(dy.shape, "float32", new GradientInside(inside.gradient.hold(), true));
}

/** The gradient of the bias of a convolution that was pooled; undefined if the tensor is not that. */
export function biasGradient(
  backend: KernelsBackend,
  dy: tf.TensorInfo,
  axes: readonly number[],
  keepDims: boolean,
): tf.TensorInfo | undefined {
  const inside = gradientInside(backend, dy);
  if (!inside?.isBeforeActivation || keepDims || axes.join() !== "0,1,2") return undefined;
  return backend.wrap([dy.shape[3]!], "float32", inside.gradient.part("bias"));
}

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
  // of windows of one number tfjs returns the input, whatever the padding, if that has the result's shape
  if (info.filterHeight * info.filterWidth === 1) return undefined;
  return areSizes(info.outShape) ? info : undefined;
}

/** Convolution and pooling at once take eight images at a time, so for fewer than these they are slower. */
const FEW_IMAGES = 4;

const maxPool: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  if (!areFloats(backend, x)) return undefined;
  const geometry = poolGeometry(x.shape, attrs);
  if (geometry === undefined) return undefined;
  const convolution = waitingConvolution(backend, x);
  const shape = convolution?.poolShape(geometry);
  const isTraining = tf.engine().state.gradientDepth > 0;
  if (convolution && shape && (isTraining || shape.batchSize >= FEW_IMAGES)) {
    const pooled = convolution.pool(shape, isTraining);
    if (pooled) return backend.wrap(geometry.outShape, "float32", pooled);
  }
  const out = backend.allocate(geometry.outShape, "float32");
  backend.kernels.maxPool({
    geometry,
    input: backend.addressOf(x),
    output: backend.addressOf(out),
  });
  return out;
};

const averagePool: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  if (!areFloats(backend, x)) return undefined;
  const geometry = poolGeometry(x.shape, attrs);
  if (geometry === undefined) return undefined;
  const out = backend.allocate(geometry.outShape, "float32");
  backend.kernels.averagePool({
    geometry,
    input: backend.addressOf(x),
    output: backend.addressOf(out),
  });
  return out;
};

/** The block of a tensor, held; if it cannot be computed, a convolution that was held for it is let go. */
function holdOr(backend: KernelsBackend, tensor: tf.TensorInfo, convolution: Convolution): Block {
  try {
    return backend.holdBlock(tensor);
  } catch (error) {
    convolution.release();
    throw error;
  }
}

const maxPoolGradient: FastKernel = ({ inputs, attrs, backend }) => {
  const dy = inputs.dy!, input = inputs.input!, output = inputs.output!;
  if (!areFloats(backend, dy, input)) return undefined;
  const geometry = poolGeometry(input.shape, attrs);
  if (geometry === undefined) return undefined;
  const { source } = backend.numbers(input);
  const pooled = source instanceof Convolution ? source.pooled : undefined;
  if (source instanceof Convolution && pooled?.argmax) {
    const shape = source.poolShape(geometry);
    if (shape && pooled.output === backend.numbers(output).block) {
      const parts = [{ ...pooled, argmax: pooled.argmax }, shape, geometry] as const;
      const gradient = new PooledGradient(source.hold(), ...parts, holdOr(backend, dy, source));
      const isBefore = source.parts.activation === "linear";
      return backend.wrap(input.shape, "float32", new GradientInside(gradient, isBefore));
    }
  }
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

export const convolutionKernels: FastKernels = {
  Conv2D: conv2d,
  FusedConv2D: conv2d,
  Conv2DBackpropFilter: conv2dFilterGradient,
  Conv2DBackpropInput: conv2dInputGradient,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGradient,
  AvgPool: averagePool,
  AvgPoolGrad: averagePoolGradient,
};
