/** Convolutions to try kernels on, and what max-pooling may find in rounded sums. */
import fc from "../../fast_check.ts";
import { LANE_IMAGES } from "../../../lib/kernels/kernel_constants.ts";
import {
  type ConvInput,
  maxPool,
  type PixelSteps,
  pooledSize,
} from "../../../lib/kernels/twins/conv_twin.ts";
import { drawNumbers, type Expectation, type Values, values, within } from "./expectations.ts";
import type { KernelHarness, Output } from "./kernel_harness.ts";

/** Sizes of a convolution, from its output back. */
export interface ConvShape {
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Whether a row and a column are left over after pooling. */
  readonly odd: boolean;
  readonly values: Values;
}

/** Shapes; for kernels that take only one size, with that size. */
export function convShapes(
  most: { readonly channels: number; readonly outWidth: number },
  kernel: fc.Arbitrary<number>,
): fc.Arbitrary<ConvShape> {
  return fc.record({
    channels: fc.integer({ min: 1, max: most.channels }),
    filters: fc.integer({ min: 1, max: 9 }),
    kernel,
    outHeight: fc.integer({ min: 1, max: 3 }),
    outWidth: fc.integer({ min: 1, max: most.outWidth }),
    odd: fc.boolean(),
    values,
  });
}

/** A convolution and its arrays. */
export interface DrawnConv extends ConvInput, PixelSteps {
  readonly input: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly whole: boolean;
}

/** Draws the arrays; whole weights are from −most to most times `step`. */
export function drawConv(shape: ConvShape, images: number, step = 1, most = 2): DrawnConv {
  const { channels, filters, kernel, outHeight, outWidth, odd, values } = shape;
  const numbers = drawNumbers(values), more = odd ? 1 : 0;
  const height = 2 * outHeight + kernel - 1 + more, width = 2 * outWidth + kernel - 1 + more;
  return {
    ...{ channels, filters, kernel, height, width, whole: values.whole },
    ...{ right: 4 * channels, down: 4 * channels * width },
    input: numbers(channels * height * width * images),
    weights: numbers(filters * channels * kernel ** 2, step, most),
    bias: numbers(filters),
  };
}

/** Buffers for what a kernel finds: (filters, outHeight, outWidth) lanes. */
export function pooledOutputs(
  harness: KernelHarness,
  conv: DrawnConv,
): { readonly output: Output<Float32Array>; readonly argmax: Output<Int32Array> } {
  const { outHeight, outWidth } = pooledSize(conv);
  const length = conv.filters * outHeight * outWidth * LANE_IMAGES;
  return {
    output: harness.output("output", new Float32Array(length).fill(NaN)),
    argmax: harness.output("argmax", new Int32Array(length).fill(-1)),
  };
}

/**
 * What max-pooling may find in sums that are rounded: outputs within the window's largest bound,
 * and an argmax whose sum is as near to the largest; without rounding the first of the largest.
 * @param sums the twin's, (filters, 2·outHeight, 2·outWidth) lanes
 * @param bounds of each sum's error, likewise
 */
export function pooledWithin(
  sums: Float64Array,
  bounds: Float64Array,
  conv: DrawnConv,
): { readonly output: Expectation; readonly argmax: Expectation } {
  const { outHeight, outWidth } = pooledSize(conv);
  const { output, argmax } = maxPool(sums, outHeight, outWidth, conv);
  const allowed = maxPool(bounds, outHeight, outWidth, conv).output;
  const sumAt = (i: number, start: number) => {
    const y = Math.floor(start / conv.down), x = (start - y * conv.down) / conv.right;
    const window = Math.floor(i / LANE_IMAGES), row = Math.floor(window / outWidth);
    const [f, py, px] = [Math.floor(row / outHeight), row % outHeight, window % outWidth];
    if (Math.floor(y / 2) !== py || Math.floor(x / 2) !== px) return -Infinity;
    return sums[LANE_IMAGES * ((f * 2 * outHeight + y) * 2 * outWidth + x) + i % LANE_IMAGES]!;
  };
  const isArgmax = (start: number, i: number) =>
    allowed[i] === 0
      ? start === argmax[i]
      : Number.isInteger(start / conv.right) && sumAt(i, start) >= output[i]! - 2 * allowed[i]!;
  return { output: within(output, allowed), argmax: { values: argmax, accepts: isArgmax } };
}
