import { Buffer, type FloatArray, type Precision } from "./array.ts";
import type { NumpyLayer } from "./layer.ts";

/** Hyperbolic tangent of every element; its derivative is 1 − tanh². */
export class Tanh implements NumpyLayer {
  readonly parameters = [];
  #output: Buffer;
  #inputGrad: Buffer;
  #length = 0;

  /** @param size elements of one input */
  constructor(precision: Precision, readonly size: number) {
    this.#output = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** The last forward pass's result. */
  get output(): FloatArray {
    return this.#output.take(this.#length);
  }

  forward(input: FloatArray, count: number): FloatArray {
    this.#length = count * this.size;
    const output = this.#output.take(this.#length);
    for (let i = 0; i < this.#length; i++) output[i] = Math.tanh(input[i]!);
    return output;
  }

  backward(outputGrad: FloatArray): FloatArray {
    const output = this.#output.take(this.#length);
    const inputGrad = this.#inputGrad.take(this.#length);
    for (let i = 0; i < this.#length; i++) {
      const y = output[i]!;
      inputGrad[i] = outputGrad[i]! * (1 - y * y);
    }
    return inputGrad;
  }
}
