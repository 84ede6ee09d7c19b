import { type Architecture, parameterShapes } from "./architecture.ts";
import { firstNonFinite } from "./finite.ts";
import { checkElements } from "../util/element_count.ts";

/** One array of weights, row-major. */
export interface WeightArray {
  /** Sides of the array. */
  readonly shape: readonly number[];
  /** Its numbers, row-major. */
  readonly data: Float32Array;
}

/**
 * All weights of a network by PyTorch's names (`conv1.weight`, `fc3.bias`) and in PyTorch's layouts:
 * conv (filters, channels, height, width), dense (units, inputs), inputs flattened channel-first.
 */
export type Weights = Readonly<Record<string, WeightArray>>;

/**
 * Asserts that `weights` are those of `architecture`, all of them and no others.
 * @throws RangeError naming the array that is missing, unknown or misshapen
 */
export function checkWeights(architecture: Architecture, weights: Weights): void {
  const expected = parameterShapes(architecture);
  const names = new Set(expected.map(({ name }) => name));
  const unknown = Object.keys(weights).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new RangeError(`${architecture.name} has no array named ${unknown.join(", ")}`);
  }
  for (const { name, shape } of expected) {
    const array = weights[name];
    if (array === undefined) throw new RangeError(`${architecture.name}: ${name} is missing`);
    if (array.shape.join() !== shape.join()) {
      throw new RangeError(
        `${name} must have shape (${shape.join(", ")}), got (${array.shape.join(", ")})`,
      );
    }
    checkElements(name, array);
  }
}

/**
 * Asserts that all weights are numbers to compute with. The max-pooling of the SIMD kernels drops NaN,
 * so that a network with NaN in its first layer would answer with logits that look sound.
 * @param source begins the error message: a file, say
 * @throws RangeError naming the array, the place and the number that is NaN or infinite
 */
export function checkFiniteWeights(weights: Weights, source = ""): void {
  for (const [name, { data }] of Object.entries(weights)) {
    const at = firstNonFinite(data);
    if (at < 0) continue;
    throw new RangeError(
      `${source}${source && ": "}${name}[${at}] is ${data[at]}; weights must be finite numbers`,
    );
  }
}

/** The array `name`. @throws RangeError if there is none */
export function weightArray(weights: Weights, name: string): WeightArray {
  const array = weights[name];
  if (array === undefined) {
    throw new RangeError(`no array named ${name}; there are ${Object.keys(weights).join(", ")}`);
  }
  return array;
}

/** Largest absolute difference between two networks' weights, array by array. */
export function maxWeightDifference(a: Weights, b: Weights): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = weightArray(b, name).data;
    data.forEach((value, i) => largest = Math.max(largest, Math.abs(value - other[i]!)));
  }
  return largest;
}
