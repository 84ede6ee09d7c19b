import {
  dequantize,
  type Granularity,
  quantizeWeights,
} from "../compression/quantization/quantize.ts";
import type { Weights } from "../model/weights.ts";

/** How far rounding to int8 moves one array of weights: root mean square, as a share of the weights'. */
export interface RoundingError {
  /** Name of the array. */
  readonly name: string;
  /** The error with one scale for the whole tensor. */
  readonly tensor: number;
  /** The error with a scale for each channel. */
  readonly channel: number;
}

/** The rounding errors of a network's weights; biases are not rounded. */
export function roundingErrors(weights: Weights): RoundingError[] {
  const error = (name: string, granularity: Granularity) => {
    const array = weights[name]!;
    const back = dequantize(quantizeWeights(array, granularity));
    const squares = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
    return Math.sqrt(squares(array.data.map((x, i) => x - back[i]!)) / squares(array.data));
  };
  return Object.keys(weights).filter((name) => name.endsWith(".weight")).map((name) => ({
    name,
    tensor: error(name, "tensor"),
    channel: error(name, "channel"),
  }));
}
