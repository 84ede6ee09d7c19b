/**
 * Readable twins of assembly/winograd.ts: convolution by 5 × 5 with Winograd's minimal filtering,
 * then 2 × 2 max-pooling. For a patch d of 6 × 6 pixels and weights w of 5 × 5, the four sums of a
 * window are
 *
 *     Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A        ⊙: number by number, summed over the channels
 *
 * The formulas and where they come from stand in assembly/winograd.ts.
 */
import { LANE_IMAGES, PATCH_POINTS } from "../kernel_constants.ts";
import { maxPool, type PixelSteps, type Pooled, pooledSize } from "./conv_twin.ts";

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** G: values of five weights' polynomial at 0, 1, −1, 2, −2 and ∞, scaled. */
export const WEIGHT_TRANSFORM: Matrix = [
  [1 / 4, 0, 0, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 2 / 24, 4 / 24, 8 / 24, 16 / 24],
  [1 / 24, -2 / 24, 4 / 24, -8 / 24, 16 / 24],
  [0, 0, 0, 0, 1],
];

/** The two matrices between pixels and sums. */
export interface Transforms {
  /** Bᵀ */
  readonly pixels: Matrix;
  /** Aᵀ */
  readonly sums: Matrix;
}

/** Bᵀ and Aᵀ. */
export const TRANSFORMS: Transforms = {
  pixels: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  sums: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 1],
  ],
};

/** m x mᵀ. */
export function transformBoth(m: Matrix, x: Matrix): Matrix {
  const multiply = (a: Matrix, b: Matrix): Matrix =>
    a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
  const transposed = m[0]!.map((_, j) => m.map((row) => row[j]!));
  return multiply(multiply(m, x), transposed);
}

/**
 * G w Gᵀ of all filters.
 * @param weights (filters, channels, 5, 5)
 * @returns (pairs of filters, 36, channels, 2); zeros beside the last of an odd number of filters
 */
export function transformFilters(
  weights: ArrayLike<number>,
  filters: number,
  channels: number,
  transform: Matrix = WEIGHT_TRANSFORM,
): Float64Array {
  const transformed = new Float64Array(Math.ceil(filters / 2) * PATCH_POINTS * channels * 2);
  const five = [0, 1, 2, 3, 4];
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      const w = five.map((y) => five.map((x) => weights[25 * (f * channels + c) + 5 * y + x]!));
      transformBoth(transform, w).flat().forEach((value, point) => {
        transformed[place(f, point, c, channels)] = value;
      });
    }
  }
  return transformed;
}

/** Where a transformed weight of filter f stands. */
function place(f: number, point: number, c: number, channels: number): number {
  return ((Math.floor(f / 2) * PATCH_POINTS + point) * channels + c) * 2 + f % 2;
}

/** What the kernels with transformed filters read. */
export interface TransformedConv {
  /** (channels, height, width) lanes */
  readonly input: ArrayLike<number>;
  /** as `transformFilters` gives them */
  readonly transformed: ArrayLike<number>;
  /** (filters) */
  readonly bias: ArrayLike<number>;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
}

/**
 * The sums before pooling, the same as those of a direct convolution.
 * @param transforms other than Bᵀ and Aᵀ to bound their rounding
 * @returns (filters, 2·outHeight, 2·outWidth) lanes
 */
export function winogradSums(
  { input, transformed, bias, channels, height, width, filters }: TransformedConv,
  transforms: Transforms = TRANSFORMS,
): Float64Array {
  const { outHeight, outWidth } = pooledSize({ height, width, kernel: 5 });
  const sums = new Float64Array(filters * 4 * outHeight * outWidth * LANE_IMAGES);
  const six = [0, 1, 2, 3, 4, 5];
  for (let py = 0; py < outHeight; py++) {
    for (let px = 0; px < outWidth; px++) {
      for (let n = 0; n < LANE_IMAGES; n++) {
        const pixel = (c: number, y: number, x: number) =>
          input[LANE_IMAGES * ((c * height + 2 * py + y) * width + 2 * px + x) + n]!;
        const patches = Array.from({ length: channels }, (_, c) => {
          const d = six.map((y) => six.map((x) => pixel(c, y, x)));
          return transformBoth(transforms.pixels, d);
        });
        for (let f = 0; f < filters; f++) {
          const products = six.map((y) =>
            six.map((x) =>
              patches.reduce(
                (sum, d, c) => sum + transformed[place(f, 6 * y + x, c, channels)]! * d[y]![x]!,
                0,
              )
            )
          );
          transformBoth(transforms.sums, products).forEach((row, y) =>
            row.forEach((sum, x) => {
              const at = (f * 2 * outHeight + 2 * py + y) * 2 * outWidth + 2 * px + x;
              sums[LANE_IMAGES * at + n] = bias[f]! + sum;
            })
          );
        }
      }
    }
  }
  return sums;
}

/** Convolution by 5 × 5 from transformed filters, then 2 × 2 max-pooling, of eight images. */
export function convPoolWinograd(conv: TransformedConv & PixelSteps): Pooled {
  const { outHeight, outWidth } = pooledSize({ ...conv, kernel: 5 });
  return maxPool(winogradSums(conv), outHeight, outWidth, conv);
}
