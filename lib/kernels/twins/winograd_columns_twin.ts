/**
 * Readable twins of assembly/winograd_columns.ts: convolution by 5 × 5 with Winograd's method down
 * the columns only, then 2 × 2 max-pooling. Four rows of sums come from eight rows of pixels d:
 *
 *     sums = Aᵀ m,     m_j[x] = Σ_{c, kx} (G w)_j[kx] · (Bᵀ d)_j[x + kx],     j = 0 … 7
 */
import { COLUMN_POINTS, LANE_IMAGES } from "../kernel_constants.ts";
import { maxPool, type PixelSteps, type Pooled, pooledSize } from "./conv_twin.ts";
import type { Matrix, TransformedConv, Transforms } from "./winograd_twin.ts";

/** G: values of five weights' polynomial at 0, 1, −1, 2, −2, ½, −½ and ∞, scaled. */
export const COLUMN_WEIGHT_TRANSFORM: Matrix = [
  [1, 0, 0, 0, 0],
  ...[[1, -2 / 9], [-1, -2 / 9], [2, 1 / 90], [-2, 1 / 90], [1 / 2, 32 / 45], [-1 / 2, 32 / 45]]
    .map(([point, factor]) => [0, 1, 2, 3, 4].map((power) => factor! * point! ** power)),
  [0, 0, 0, 0, 1],
];

/** Bᵀ and Aᵀ. */
export const COLUMN_TRANSFORMS: Transforms = {
  pixels: [
    [1, 0, -5.25, 0, 5.25, 0, -1, 0],
    [0, 1, 1, -4.25, -4.25, 1, 1, 0],
    [0, -1, 1, 4.25, -4.25, -1, 1, 0],
    [0, 0.5, 0.25, -2.5, -1.25, 2, 1, 0],
    [0, -0.5, 0.25, 2.5, -1.25, -2, 1, 0],
    [0, 2, 4, -2.5, -5, 0.5, 1, 0],
    [0, -2, 4, 2.5, -5, -0.5, 1, 0],
    [0, -1, 0, 5.25, 0, -5.25, 0, 1],
  ],
  sums: [
    [1, 1, 1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0.5, -0.5, 0],
    [0, 1, 1, 4, 4, 0.25, 0.25, 0],
    [0, 1, -1, 8, -8, 0.125, -0.125, 1],
  ],
};

/** m x of a column x. */
function transformColumn(m: Matrix, x: readonly number[]): number[] {
  return m.map((row) => row.reduce((sum, value, k) => sum + value * x[k]!, 0));
}

/**
 * G w of all filters.
 * @param weights (filters, channels, 5, 5)
 * @returns (pairs of filters, 8, channels, 5, 2); zeros beside the last of an odd number of filters
 */
export function transformFilterColumns(
  weights: ArrayLike<number>,
  filters: number,
  channels: number,
  transform: Matrix = COLUMN_WEIGHT_TRANSFORM,
): Float64Array {
  const transformed = new Float64Array(Math.ceil(filters / 2) * COLUMN_POINTS * channels * 5 * 2);
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      for (let kx = 0; kx < 5; kx++) {
        const column = [0, 1, 2, 3, 4]
          .map((ky) => weights[25 * (f * channels + c) + 5 * ky + kx]!);
        transformColumn(transform, column).forEach((value, j) => {
          transformed[place(f, j, c, kx, channels)] = value;
        });
      }
    }
  }
  return transformed;
}

/** Where a transformed weight of filter f stands. */
function place(f: number, j: number, c: number, kx: number, channels: number): number {
  return (((Math.floor(f / 2) * COLUMN_POINTS + j) * channels + c) * 5 + kx) * 2 + f % 2;
}

/**
 * The sums before pooling, the same as those of a direct convolution.
 * @param transforms other than Bᵀ and Aᵀ to bound their rounding
 * @returns (filters, 2·outHeight, 2·outWidth) lanes
 */
export function winogradColumnSums(
  { input, transformed, bias, channels, height, width, filters }: TransformedConv,
  transforms: Transforms = COLUMN_TRANSFORMS,
): Float64Array {
  const { outHeight, outWidth } = pooledSize({ height, width, kernel: 5 });
  const sums = new Float64Array(filters * 4 * outHeight * outWidth * LANE_IMAGES);
  for (let top = 0; top < 2 * outHeight; top += 4) {
    const rows = Math.min(4, 2 * outHeight - top);
    // if only two rows of sums are left, the last two rows of pixels cancel out, whatever they are
    const last = top + rows + 3;
    for (let n = 0; n < LANE_IMAGES; n++) {
      const columns = Array.from(
        { length: channels },
        (_, c) =>
          Array.from({ length: width }, (_, x) => {
            const d = [0, 1, 2, 3, 4, 5, 6, 7].map((y) => {
              const pixel = (c * height + Math.min(top + y, last)) * width + x;
              return input[LANE_IMAGES * pixel + n]!;
            });
            return transformColumn(transforms.pixels, d);
          }),
      );
      for (let f = 0; f < filters; f++) {
        for (let x = 0; x < 2 * outWidth; x++) {
          const m = Array.from({ length: COLUMN_POINTS }, (_, j) => {
            let sum = 0;
            for (let c = 0; c < channels; c++) {
              for (let kx = 0; kx < 5; kx++) {
                sum += transformed[place(f, j, c, kx, channels)]! * columns[c]![x + kx]![j]!;
              }
            }
            return sum;
          });
          transformColumn(transforms.sums, m).slice(0, rows).forEach((sum, y) => {
            const at = (f * 2 * outHeight + top + y) * 2 * outWidth + x;
            sums[LANE_IMAGES * at + n] = bias[f]! + sum;
          });
        }
      }
    }
  }
  return sums;
}

/** Convolution by 5 × 5 from transformed filters, then 2 × 2 max-pooling, of eight images. */
export function convPoolWinogradColumns(conv: TransformedConv & PixelSteps): Pooled {
  const { outHeight, outWidth } = pooledSize({ ...conv, kernel: 5 });
  return maxPool(winogradColumnSums(conv), outHeight, outWidth, conv);
}
