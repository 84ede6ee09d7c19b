/**
 * A convolution with its bias and activation as one kernel, for PyTorch's order of the weight and for TensorFlow's.
 * tfjs makes it of several, with a gradient each. On other backends than the kernels it is tfjs's operations.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import { beforeActivation, type FusedLayerActivation } from "./fused_layers.ts";
import type { KernelsBackend } from "./kernels_backend.ts";
import { Convolution } from "./lazy_convolution.ts";
import { convolutionKernels, geometryOf } from "./operations/convolutions.ts";
import { turn, turnedDimensions } from "./operations/copies.ts";
import { areFloats, type FastKernels, sizeOf } from "./operations/fast_kernel.ts";
import { reductionKernels } from "./operations/reductions.ts";
import { run, runOne } from "./run_kernel.ts";
import type { Block, Source } from "./stored_numbers.ts";

type Shape4D = [number, number, number, number];

/** From PyTorch's order, (out, in, height, width), to TensorFlow's, (height, width, in, out), and back. */
const TO_FILTER = [2, 3, 1, 0], FROM_FILTER = [3, 2, 0, 1];

/** How a convolution is computed. */
interface ConvolutionAttributes {
  readonly strides: number;
  readonly activation: FusedLayerActivation;
  /** Whether the weight stands in PyTorch's order. */
  readonly isTurned: boolean;
}

function filterShape({ shape }: tf.TensorInfo, isTurned: boolean): Shape4D {
  return (isTurned ? TO_FILTER.map((axis) => shape[axis]!) : shape) as Shape4D;
}

/** The attributes of tfjs's kernels. */
const plain = (strides: number) => ({ strides, pad: "valid", dataFormat: "NHWC" } as const);

/** A weight in TensorFlow's order. A copy in that order is kept as long as the weight stays as it is. */
function filterBlock(backend: KernelsBackend, weight: tf.TensorInfo, isTurned: boolean): Block {
  const own = backend.numbers(weight).compute();
  if (!isTurned) return own;
  const { shape } = weight;
  return backend.copyOf(own, `filter ${shape}`, 4 * sizeOf(shape), ({ at }) => {
    turn(backend, own.at, at, turnedDimensions(shape, TO_FILTER));
  });
}

/** The kernels that `convolve` calls; registered for the kernels backend alone. */
export const fusedConvolutionKernels: FastKernels = {
  ConvForward: ({ inputs, attrs, backend }) => {
    const { x, weight, bias } = inputs as Record<"x" | "weight" | "bias", tf.TensorInfo>;
    const { strides, activation, isTurned } = attrs as ConvolutionAttributes;
    const geometry = geometryOf(x.shape, filterShape(weight, isTurned), plain(strides))!;
    const filter = filterBlock(backend, weight, isTurned);
    const [input, biases] = backend.holdBlocks(x, bias) as [Block, Block];
    filter.holders++;
    const parts = { geometry, input, filter, bias: biases, activation };
    return backend.wrap(geometry.outShape, "float32", new Convolution(backend, parts));
  },
  // tfjs's, with a weight in PyTorch's order
  TurnedConvInputGradient: ({ inputs, attrs, backend }) => {
    const { dy, weight } = inputs as Record<"dy" | "weight", tf.TensorInfo>;
    const block = filterBlock(backend, weight, true);
    block.holders++;
    const filter = backend.wrap(filterShape(weight, true), "float32", block);
    const call = { inputs: { dy, filter }, attrs, backend };
    const gradient = convolutionKernels.Conv2DBackpropInput!(call);
    backend.disposeData(filter.dataId);
    return gradient;
  },
  // the gradients of the weight and of the bias
  ConvGradient: (call) => {
    const { inputs, attrs: { isTurned }, backend } = call;
    const dy = inputs.dy!;
    const filter = convolutionKernels.Conv2DBackpropFilter!(call) as tf.TensorInfo;
    const weight = isTurned
      ? backend.wrap(
        FROM_FILTER.map((axis) => filter.shape[axis]!),
        "float32",
        new TurnedFilter(backend, filter),
      )
      : filter;
    const bias = reductionKernels.Sum!({ ...call, inputs: { x: dy }, attrs: { axis: [0, 1, 2] } });
    // the sum over one number of each channel is that number
    return [weight, bias as tf.TensorInfo ?? backend.share(dy, dy.shape.slice(3))];
  },
};

/** A filter in PyTorch's order, once somebody needs it: its gradient may wait for others. */
class TurnedFilter implements Source {
  readonly isSpent = true;

  /** @param filter is this one's from now on */
  constructor(readonly backend: KernelsBackend, readonly filter: tf.TensorInfo) {}

  compute(): Block {
    const { backend, filter, filter: { shape } } = this;
    return backend.makeBlock(4 * sizeOf(shape), ({ at }) => {
      turn(backend, backend.addressOf(filter), at, turnedDimensions(shape, FROM_FILTER));
    });
  }

  release(): void {
    this.backend.disposeData(this.filter.dataId);
  }
}

const convolutionGradient: tf.GradConfig = {
  kernelName: "ConvForward",
  inputsToSave: ["x", "weight"],
  outputsToSave: [true],
  gradFunc: (dy, [x, weight, y], attrs) => {
    const { strides, isTurned } = attrs as unknown as ConvolutionAttributes;
    const g = beforeActivation(dy as tf.Tensor, y!, attrs);
    const ofInput = { ...plain(strides), inputShape: x!.shape };
    const ofFilter = { ...plain(strides), filterShape: filterShape(weight!, isTurned), isTurned };
    const filter = () => isTurned ? tf.transpose(weight!, TO_FILTER) : weight!;
    const plainX = () => runOne("Conv2DBackpropInput", { dy: g, filter: filter() }, ofInput);
    if (tf.engine().state.gradientDepth === 0) {
      const ofWeight = run("ConvGradient", { x: x!, dy: g }, ofFilter) as [tf.Tensor, tf.Tensor];
      return {
        x: isTurned
          ? () => runOne("TurnedConvInputGradient", { dy: g, weight: weight! }, ofInput)
          : plainX,
        weight: () => ofWeight[0],
        bias: () => ofWeight[1],
      };
    }
    // a gradient of this gradient goes through tfjs's kernels
    const turnBack = (filter: tf.Tensor) => isTurned ? tf.transpose(filter, FROM_FILTER) : filter;
    return {
      x: plainX,
      weight: () => turnBack(runOne("Conv2DBackpropFilter", { x: x!, dy: g }, ofFilter)),
      bias: () => runOne("Sum", { x: g }, { axis: [0, 1, 2] }),
    };
  },
};

/** Makes tfjs know the gradient of the kernel above. */
export function registerFusedConvolutionGradient(): void {
  tf.registerGradient(convolutionGradient);
}

/**
 * f(convolution of images without padding + bias); undefined if the kernels backend does not compute, or cannot
 * compute this.
 * @param images (N, height, width, in) @param bias (out)
 * @param weight (k, k, in, out), or (out, in, k, k) with `isTurned`
 */
export function fusedConvolution(
  images: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  { strides, activation, isTurned }: ConvolutionAttributes,
): tf.Tensor | undefined {
  if (tf.getBackend() !== kernelsBackendName || images.rank !== 4) return undefined;
  const [, height, width, channels] = images.shape as Shape4D;
  const [kernelHeight, kernelWidth, inChannels, out] = filterShape(weight, isTurned);
  const isUsual = channels === inChannels && height >= kernelHeight && width >= kernelWidth &&
    bias.shape[0] === out && areFloats(tf.backend() as never, images, weight, bias);
  if (!isUsual) return undefined;
  return runOne("ConvForward", { x: images, weight, bias }, { strides, activation, isTurned });
}

/**
 * PyTorch's convolution without padding, with an activation.
 * @param images (N, height, width, in) @param weight (out, in, k, k) @param bias (out)
 */
export function convolve(
  images: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  strides: number,
  activation: FusedLayerActivation = "linear",
): tf.Tensor4D {
  const fused = fusedConvolution(images, weight, bias, { strides, activation, isTurned: true });
  if (fused) return fused as tf.Tensor4D;
  const filter = tf.transpose(weight, TO_FILTER);
  const sum: tf.Tensor4D = tf.add(tf.conv2d(images, filter, strides, "valid"), bias);
  return activation === "tanh" ? tf.tanh(sum) : sum;
}
