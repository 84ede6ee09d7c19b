/**
 * Readable twins of assembly/conv_input_gradient.ts: the way back through max-pooling and
 * convolution to a layer's input, for one image; see weight_gradient_twin.ts.
 */
import { CHUNK, INPUT_TILE_ROWS, PADDED_TILE_ROWS } from "../kernel_constants.ts";
import type { PooledGradient } from "./weight_gradient_twin.ts";

/** What the gradient of an image is made from. */
export interface InputGradientInput extends PooledGradient {
  /** (filters, channels, kernel, kernel) */
  readonly weights: ArrayLike<number>;
  readonly row: number;
  readonly channels: number;
  readonly kernel: number;
  /** Numbers of the image. */
  readonly length: number;
}

/**
 * The gradient at a layer's input, (height, width, channels): the largest of each window adds g · weights to its
 * patch. The kernel reads the weights as `padWeights` lays them out.
 */
export function addInputGradient(of: InputGradientInput): Float64Array {
  const { weights, row, channels, kernel, length } = of;
  const { g, argmax, gFilter, gWindow, windows, filters } = of;
  const gradient = new Float64Array(length);
  for (let f = 0; f < filters; f++) {
    for (let p = 0; p < windows; p++) {
      const place = gFilter * f + gWindow * p, patch = argmax[place]! / 4;
      for (let c = 0; c < channels; c++) {
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const weight = weights[((f * channels + c) * kernel + ky) * kernel + kx]!;
            gradient[patch + row * ky + channels * kx + c]! += g[place]! * weight;
          }
        }
      }
    }
  }
  return gradient;
}

/**
 * Weights with zeros around them, as the kernel `addInputGradient` reads them: a row of zeros above
 * the kernel, and once no pixel of zeros on its left, once one pixel.
 * @param weights (filters, channels, kernel, kernel)
 * @param chunks of 8 numbers that a row of kernel + 1 pixels fills
 * @returns (filters, 2, bands, chunks, 7, 8)
 */
export function padWeights(
  weights: ArrayLike<number>,
  filters: number,
  channels: number,
  kernel: number,
  chunks: number,
): Float64Array {
  const bands = Math.ceil((kernel + 1) / INPUT_TILE_ROWS);
  const padded = new Float64Array(filters * 2 * bands * chunks * PADDED_TILE_ROWS * CHUNK);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (const right of [0, 1]) {
      for (let band = 0; band < bands; band++) {
        for (let chunk = 0; chunk < chunks; chunk++) {
          for (let y = 0; y < PADDED_TILE_ROWS; y++) {
            for (let i = 0; i < CHUNK; i++) {
              const ky = INPUT_TILE_ROWS * band + y - 1, column = CHUNK * chunk + i;
              const kx = Math.floor(column / channels) - right, c = column % channels;
              const isWeight = ky >= 0 && ky < kernel && kx >= 0 && kx < kernel;
              const weight = ((f * channels + c) * kernel + ky) * kernel + kx;
              padded[at++] = isWeight ? weights[weight]! : 0;
            }
          }
        }
      }
    }
  }
  return padded;
}
