/** A plain twin of convolution and pooling in one, in double precision: what the kernels are tested against. */
import type { ConvPoolShape, Geometry } from "../tensor_operations.ts";
import {
  conv2dFilterGradientTwin,
  conv2dInputGradientTwin,
  conv2dTwin,
} from "./convolution_twin.ts";

type Numbers = ArrayLike<number>;

/** The convolution's part of a shape. */
export function convolutionOf(shape: ConvPoolShape): Geometry {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, kernel } = shape;
  return {
    ...{ batchSize, inHeight, inWidth, inChannels, outChannels },
    ...{ outHeight: inHeight - kernel + 1, outWidth: inWidth - kernel + 1 },
    ...{ filterHeight: kernel, filterWidth: kernel, strideHeight: 1, strideWidth: 1 },
    ...{ dilationHeight: 1, dilationWidth: 1, padInfo: { top: 0, left: 0 } },
  };
}

/** Places of a window's four sums, in the order in which they are compared. */
function placesOf(shape: ConvPoolShape, output: number): number[] {
  const { outChannels } = shape, { outHeight, outWidth } = convolutionOf(shape);
  const f = output % outChannels, window = Math.floor(output / outChannels);
  const x = window % (outWidth / 2), rest = Math.floor(window / (outWidth / 2));
  const y = rest % (outHeight / 2), n = Math.floor(rest / (outHeight / 2));
  return [0, 1, 2, 3].map((i) => {
    const row = (n * outHeight + 2 * y + (i >> 1)) * outWidth;
    return (row + 2 * x + (i & 1)) * outChannels + f;
  });
}

/** The four sums of each window: (outputs, 4). */
export function windowSumsTwin(
  shape: ConvPoolShape,
  input: Numbers,
  filter: Numbers,
  bias: Numbers,
): Float64Array[] {
  const sums = conv2dTwin(convolutionOf(shape), input, filter, bias);
  return Array.from(
    { length: sums.length / 4 },
    (_, output) => Float64Array.from(placesOf(shape, output), (at) => sums[at]!),
  );
}

/** Which of a window's four positions an argmax is: the argmax is the place of a patch in an image, in bytes. */
export function positionOf(shape: ConvPoolShape, output: number, argmax: number): number {
  const { inWidth, inChannels, outChannels } = shape,
    { outHeight, outWidth } = convolutionOf(shape);
  const window = Math.floor(output / outChannels) % (outHeight * outWidth / 4);
  const x = window % (outWidth / 2), y = Math.floor(window / (outWidth / 2));
  const pixel = argmax / 4 / inChannels - 2 * (y * inWidth + x);
  return [0, 1, inWidth, inWidth + 1].indexOf(pixel);
}

/** Gradients from that before the activation, which goes to each window's argmax. */
export function convPoolGradientTwin(
  shape: ConvPoolShape,
  input: Numbers,
  filter: Numbers,
  argmax: Numbers,
  gradient: Numbers,
): { readonly filter: Float64Array; readonly bias: Float64Array; readonly input: Float64Array } {
  const geometry = convolutionOf(shape);
  const spread = new Float64Array(4 * gradient.length), bias = new Float64Array(shape.outChannels);
  for (let output = 0; output < gradient.length; output++) {
    const position = positionOf(shape, output, argmax[output]!);
    spread[placesOf(shape, output)[position]!] = gradient[output]!;
    bias[output % shape.outChannels]! += gradient[output]!;
  }
  return {
    filter: conv2dFilterGradientTwin(geometry, input, spread),
    bias,
    input: conv2dInputGradientTwin(geometry, spread, filter),
  };
}
