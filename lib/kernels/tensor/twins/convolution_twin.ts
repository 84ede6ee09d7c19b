/** Plain twins of the convolutions, in double precision: what the kernels are tested against. */
import type { Geometry } from "../tensor_operations.ts";

type Numbers = ArrayLike<number>;

/**
 * Calls `visit` with the places of input, filter and output of every product in a convolution, in the order
 * output, tap, channel.
 */
export function visitConvolution(
  geometry: Geometry,
  visit: (input: number, filter: number, output: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry;
  for (let n = 0; n < batchSize; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let ky = 0; ky < filterHeight; ky++) {
          const y = oy * strideHeight + ky * geometry.dilationHeight - padInfo.top;
          if (y < 0 || y >= inHeight) continue;
          for (let kx = 0; kx < filterWidth; kx++) {
            const x = ox * strideWidth + kx * geometry.dilationWidth - padInfo.left;
            if (x < 0 || x >= inWidth) continue;
            const pixel = ((n * inHeight + y) * inWidth + x) * inChannels;
            const tap = (ky * filterWidth + kx) * inChannels;
            const output = ((n * outHeight + oy) * outWidth + ox) * outChannels;
            for (let c = 0; c < inChannels; c++) {
              for (let f = 0; f < outChannels; f++) {
                visit(pixel + c, (tap + c) * outChannels + f, output + f);
              }
            }
          }
        }
      }
    }
  }
}

const inputSize = (g: Geometry) => g.batchSize * g.inHeight * g.inWidth * g.inChannels;
const filterSize = (g: Geometry) => g.filterHeight * g.filterWidth * g.inChannels * g.outChannels;
const outputSize = (g: Geometry) => g.batchSize * g.outHeight * g.outWidth * g.outChannels;

/** output = input ∗ filter + bias */
export function conv2dTwin(
  geometry: Geometry,
  input: Numbers,
  filter: Numbers,
  bias?: Numbers,
): Float64Array {
  const { outChannels } = geometry;
  const result = new Float64Array(outputSize(geometry));
  visitConvolution(geometry, (i, k, o) => result[o]! += input[i]! * filter[k]!);
  return bias ? result.map((sum, o) => sum + bias[o % outChannels]!) : result;
}

export function conv2dFilterGradientTwin(
  geometry: Geometry,
  input: Numbers,
  outputGradient: Numbers,
): Float64Array {
  const result = new Float64Array(filterSize(geometry));
  visitConvolution(geometry, (i, k, o) => result[k]! += input[i]! * outputGradient[o]!);
  return result;
}

export function conv2dInputGradientTwin(
  geometry: Geometry,
  outputGradient: Numbers,
  filter: Numbers,
): Float64Array {
  const result = new Float64Array(inputSize(geometry));
  visitConvolution(geometry, (i, k, o) => result[i]! += outputGradient[o]! * filter[k]!);
  return result;
}
