/** Convolution as a matrix product: patches become columns (im2col), and columns patches (col2im). */
import type { FloatArray } from "./array.ts";

/** The size of an image and of the square kernel that slides over it, with stride 1 and no padding. */
export interface Window {
  /** Planes of the image. */
  readonly channels: number;
  /** Rows of a plane. */
  readonly height: number;
  /** Columns of a plane. */
  readonly width: number;
  /** Side of the kernel. */
  readonly kernel: number;
}

/**
 * Copies the patch under the kernel at each position into a column of the matrix `columns`,
 * (channels · kernel², positions), positions being (height − kernel + 1) · (width − kernel + 1). A
 * convolution is then one matrix product: weights (filters, channels · kernel²) times columns.
 * @param offset where the image begins in `image`
 */
export function im2col(
  image: FloatArray,
  offset: number,
  window: Window,
  columns: FloatArray,
): void {
  const { channels, height, width, kernel } = window;
  const outHeight = height - kernel + 1;
  const outWidth = width - kernel + 1;
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        let row = offset + (c * height + ky) * width + kx;
        for (let y = 0; y < outHeight; y++, row += width) {
          for (let x = 0; x < outWidth; x++) columns[at++] = image[row + x]!;
        }
      }
    }
  }
}

/**
 * The transpose of `im2col`, which the backward pass needs: adds each number of the columns to the pixel
 * that `im2col` reads it from. A pixel that lies under several patches gets the sum of theirs.
 * @param offset where the image begins in `image`
 */
export function col2im(
  columns: FloatArray,
  window: Window,
  image: FloatArray,
  offset: number,
): void {
  const { channels, height, width, kernel } = window;
  const outHeight = height - kernel + 1;
  const outWidth = width - kernel + 1;
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        let row = offset + (c * height + ky) * width + kx;
        for (let y = 0; y < outHeight; y++, row += width) {
          for (let x = 0; x < outWidth; x++) image[row + x]! += columns[at++]!;
        }
      }
    }
  }
}
