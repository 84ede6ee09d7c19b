/** What the backward convolutions' tests start from: a gradient at a pooled output, and who won. */
import fc from "../../fast_check.ts";
import type { PooledGradient } from "../../../lib/kernels/twins/weight_gradient_twin.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { drawNumbers, type Values, values } from "./expectations.ts";

/** Sizes of a convolution, from its output back. */
export interface GradientShape {
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Whether a window's filters stand side by side, or a filter's windows. */
  readonly channelLast: boolean;
  readonly values: Values;
}

/** Shapes with kernels of up to 13, of which a tile's rows cover a part. */
export const gradientShapes: fc.Arbitrary<GradientShape> = fc.record({
  channels: fc.integer({ min: 1, max: 8 }),
  filters: fc.integer({ min: 1, max: 9 }),
  kernel: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 7 }) },
    fc.integer({ min: 8, max: 13 }),
  ),
  outHeight: fc.integer({ min: 1, max: 4 }),
  outWidth: fc.integer({ min: 1, max: 5 }),
  channelLast: fc.boolean(),
  values,
});

const lenetLike = { kernel: 5, outHeight: 5, outWidth: 5 };
const [whole, real] = [{ seed: 1, whole: true }, { seed: 1, whole: false }];

/** LeNet-5's second convolution and its first, each with both layouts. */
export const gradientExamples: readonly GradientShape[] = [
  { ...lenetLike, channels: 6, filters: 16, channelLast: false, values: real },
  { ...lenetLike, channels: 1, filters: 6, channelLast: true, values: real },
  { ...lenetLike, channels: 6, filters: 1, channelLast: true, values: whole },
];

/** A gradient, and the sizes that come with it; `row` counts the numbers of an image's row. */
export interface DrawnGradient extends PooledGradient {
  readonly g: Float32Array;
  readonly argmax: Int32Array;
  readonly row: number;
  readonly channels: number;
  readonly kernel: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Numbers of the image. */
  readonly length: number;
  readonly whole: boolean;
  readonly numbers: ReturnType<typeof drawNumbers>;
}

/** The fields of a ConvLayer that all kernels read that take such a gradient. */
export function gradientFields(drawn: DrawnGradient) {
  const { filters, outHeight, outWidth, gFilter, gWindow, row } = drawn;
  return {
    ...{ filters, outHeight, outWidth },
    ...{ filterStride: 4 * gFilter, windowStride: 4 * gWindow, rowBytes: 4 * row },
  };
}

/** Draws the gradient, and for each window and filter which of its four positions won. */
export function drawGradient(shape: GradientShape): DrawnGradient {
  const { channels, filters, kernel, outHeight, outWidth, channelLast, values } = shape;
  const rng = new Rng(values.seed + 1), numbers = drawNumbers(values);
  const windows = outHeight * outWidth;
  const height = 2 * outHeight + kernel - 1, width = 2 * outWidth + kernel - 1;
  const [gFilter, gWindow] = channelLast ? [1, filters] : [windows, 1];
  const row = width * channels;
  const argmax = new Int32Array(filters * windows);
  for (let f = 0; f < filters; f++) {
    for (let p = 0; p < windows; p++) {
      const y = 2 * Math.floor(p / outWidth) + rng.int(2), x = 2 * (p % outWidth) + rng.int(2);
      argmax[gFilter * f + gWindow * p] = 4 * (y * row + x * channels);
    }
  }
  return {
    ...{ g: numbers(filters * windows), argmax, gFilter, gWindow, windows, filters },
    ...{ row, channels, kernel, outHeight, outWidth, length: height * row },
    ...{ whole: values.whole, numbers },
  };
}
