/** Plain twins of the poolings, in double precision: what the kernels are tested against. */
import type { Geometry } from "../tensor_operations.ts";

type Numbers = ArrayLike<number>;

/** Calls `visit` with each output's place and the places of what is inside its window. */
export function visitWindows(
  geometry: Geometry,
  visit: (output: number, inputs: readonly number[], image: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = geometry;
  for (let output = 0; output < batchSize * outHeight * outWidth * inChannels; output++) {
    const c = output % inChannels, pixel = Math.floor(output / inChannels);
    const ox = pixel % outWidth, oy = Math.floor(pixel / outWidth) % outHeight;
    const n = Math.floor(pixel / outWidth / outHeight), inputs: number[] = [];
    for (let ky = 0; ky < geometry.filterHeight; ky++) {
      for (let kx = 0; kx < geometry.filterWidth; kx++) {
        const y = oy * geometry.strideHeight + ky * geometry.dilationHeight - padInfo.top;
        const x = ox * geometry.strideWidth + kx * geometry.dilationWidth - padInfo.left;
        if (y < 0 || y >= inHeight || x < 0 || x >= inWidth) continue;
        inputs.push(((n * inHeight + y) * inWidth + x) * inChannels + c);
      }
    }
    visit(output, inputs, n * inHeight * inWidth * inChannels);
  }
}

const outputSize = (g: Geometry) => g.batchSize * g.outHeight * g.outWidth * g.inChannels;
const inputSize = (g: Geometry) => g.batchSize * g.inHeight * g.inWidth * g.inChannels;

/** The largest of each window and where it stands in its image; −∞ and −1 where nothing is greater than −∞. */
export function maxPoolTwin(
  geometry: Geometry,
  input: Numbers,
): { readonly output: Float64Array; readonly argmax: Int32Array } {
  const output = new Float64Array(outputSize(geometry)).fill(-Infinity);
  const argmax = new Int32Array(output.length).fill(-1);
  visitWindows(geometry, (o, inputs, image) => {
    for (const i of inputs) {
      if (input[i]! > output[o]!) [output[o], argmax[o]] = [input[i]!, i - image];
    }
  });
  return { output, argmax };
}

export function maxPoolGradientTwin(
  geometry: Geometry,
  outputGradient: Numbers,
  input: Numbers,
): Float64Array {
  const { argmax } = maxPoolTwin(geometry, input);
  const result = new Float64Array(inputSize(geometry));
  visitWindows(geometry, (o, _, image) => {
    if (argmax[o]! >= 0) result[image + argmax[o]!]! += outputGradient[o]!;
  });
  return result;
}

export function averagePoolTwin(geometry: Geometry, input: Numbers): Float64Array {
  const output = new Float64Array(outputSize(geometry));
  visitWindows(geometry, (o, inputs) => {
    output[o] = inputs.reduce((sum, i) => sum + input[i]!, 0) / inputs.length;
  });
  return output;
}

/** As tfjs has it: each gradient is divided by the size of the filter, inside or not. */
export function averagePoolGradientTwin(
  geometry: Geometry,
  outputGradient: Numbers,
): Float64Array {
  const result = new Float64Array(inputSize(geometry));
  const { filterHeight, filterWidth } = geometry;
  visitWindows(geometry, (o, inputs) => {
    for (const i of inputs) result[i]! += outputGradient[o]! / (filterHeight * filterWidth);
  });
  return result;
}
