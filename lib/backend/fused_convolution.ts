/**
 * PyTorch's convolution in inference. TensorFlow's kernels want the weight in another order; the one below keeps a
 * copy in that order from one image to the next. In training, and on other backends, the weight is turned each time.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import type { KernelsBackend } from "./kernels_backend.ts";
import { Convolution } from "./lazy_convolution.ts";
import { geometryOf } from "./operations/convolutions.ts";
import { turn, turnedDimensions } from "./operations/copies.ts";
import { areFloats, type FastKernels } from "./operations/fast_kernel.ts";
import type { Block } from "./stored_numbers.ts";

/** From (out, in, height, width) to (height, width, in, out). */
const TO_FILTER = [2, 3, 1, 0] as const;

/** The kernel that `convolve` calls; registered for the kernels backend alone. */
export const fusedConvolutionKernels: FastKernels = {
  ConvForward: ({ inputs, attrs, backend }) => {
    const { x, weight, bias } = inputs as Record<"x" | "weight" | "bias", tf.TensorInfo>;
    const [out, channels, height, width] = weight.shape as [number, number, number, number];
    const geometry = geometryOf(x.shape, [height, width, channels, out], {
      ...{ strides: attrs.stride, pad: "valid", dataFormat: "NHWC" },
    })!;
    const filter = backend.copyOf(
      backend.numbers(weight).compute(),
      `filter ${weight.shape}`,
      4 * height * width * channels * out,
      (copy) => {
        const dimensions = turnedDimensions(weight.shape, TO_FILTER);
        turn(backend, backend.addressOf(weight), copy.at, dimensions);
      },
    );
    const [input, biases] = backend.holdBlocks(x, bias) as [Block, Block];
    filter.holders++;
    const parts = { geometry, input, filter, bias: biases, activation: "linear" } as const;
    return backend.wrap(geometry.outShape, "float32", new Convolution(backend, parts));
  },
};

/**
 * The convolution of images without padding, plus a bias.
 * @param images (N, height, width, in) @param weight (out, in, k, k) @param bias (out)
 */
export function convolve(
  images: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  stride: number,
): tf.Tensor4D {
  const engine = tf.engine();
  if (engine.state.gradientDepth === 0 && isUsual(images, weight, bias)) {
    const inputs = { x: images, weight, bias } as unknown as tf.NamedTensorMap;
    return engine.runKernel("ConvForward", inputs, { stride }) as tf.Tensor4D;
  }
  const filter = tf.transpose(weight, [...TO_FILTER]);
  return tf.add(tf.conv2d(images, filter, stride, "valid"), bias);
}

/** Whether the kernels backend computes, and the shapes are those of a convolution. */
function isUsual(images: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D): boolean {
  if (tf.getBackend() !== kernelsBackendName) return false;
  const [, height, width, channels] = images.shape;
  const [, inChannels, kernelHeight, kernelWidth] = weight.shape;
  return channels === inChannels && height >= kernelHeight && width >= kernelWidth &&
    areFloats(tf.backend() as unknown as KernelsBackend, images, weight, bias);
}
