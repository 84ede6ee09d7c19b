import { elementCount } from "../../util/element_count.ts";

/**
 * The hand-written system computes in float32, as NumPy users train, or in float64, so that its
 * gradients can be checked against finite differences. The same code serves both.
 */
export type FloatArray = Float32Array | Float64Array;

/** Which of the two. */
export type Precision = "float32" | "float64";

/** `length` zeros. */
export function zeros(precision: Precision, length: number): FloatArray {
  return precision === "float32" ? new Float32Array(length) : new Float64Array(length);
}

/** A trainable array and the gradient of the loss with respect to it. */
export interface Parameter {
  /** Name of the layer, a dot, and "weight" or "bias". */
  readonly name: string;
  /** Lengths of its dimensions. */
  readonly shape: readonly number[];
  /** The weights themselves, row by row. */
  readonly value: FloatArray;
  /** Of the last backward pass. */
  readonly grad: FloatArray;
}

/** A parameter of zeros. */
export function newParameter(
  name: string,
  shape: readonly number[],
  precision: Precision = "float32",
): Parameter {
  const length = elementCount(shape);
  return { name, shape, value: zeros(precision, length), grad: zeros(precision, length) };
}

/**
 * Arrays of layers may be longer than what they hold, but not shorter.
 * @throws RangeError if an array has fewer numbers than `count` inputs of a layer
 */
export function requireInputs(layer: string, input: FloatArray, count: number, each: number): void {
  if (Number.isInteger(count) && count >= 0 && input.length >= count * each) return;
  throw new RangeError(
    `${layer}: ${count} inputs of ${each} numbers are needed, got ${input.length} numbers`,
  );
}

/** An array that is used again for each batch, and grows when a batch needs more. */
export class Buffer {
  #array: FloatArray;

  constructor(readonly precision: Precision) {
    this.#array = zeros(precision, 0);
  }

  /** An array of at least `length` numbers, which hold whatever was written to them before. */
  take(length: number): FloatArray {
    if (this.#array.length < length) this.#array = zeros(this.precision, length);
    return this.#array;
  }
}
