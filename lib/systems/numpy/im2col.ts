import type { FloatArray } from "./array.ts";

/** An image's size and the square kernel that slides over it, stride 1, no padding. */
export interface Window {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
}

/**
 * Lays every patch under the kernel out as a column: (channels · kernel², positions), so that a
 * convolution becomes one matrix product with the weights as (filters, channels · kernel²).
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

/** The transpose of `im2col`: adds every column's number to the pixel that it was read from. */
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
