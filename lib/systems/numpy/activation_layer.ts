import { type ActivationRule, activationRules } from "../../kernels/twins/activation_twin.ts";
import type { Activation } from "../../model/architecture.ts";
import { Buffer, type FloatArray, type Precision } from "./array.ts";
import type { NumpyLayer } from "./layer.ts";

/** Applies an activation to every element. */
export class ActivationLayer implements NumpyLayer {
  readonly parameters = [];
  readonly #rule: ActivationRule;
  #output: Buffer;
  #inputGrad: Buffer;
  #length = 0;

  /** @param size elements of one input */
  constructor(precision: Precision, readonly kind: Activation, readonly size: number) {
    this.#rule = activationRules[kind];
    this.#output = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** The last forward pass's result. */
  get output(): FloatArray {
    return this.#output.take(this.#length);
  }

  forward(input: FloatArray, count: number): FloatArray {
    const { value } = this.#rule;
    this.#length = count * this.size;
    const output = this.#output.take(this.#length);
    for (let i = 0; i < this.#length; i++) output[i] = value(input[i]!);
    return output;
  }

  backward(outputGrad: FloatArray): FloatArray {
    const { slope } = this.#rule;
    const output = this.#output.take(this.#length);
    const inputGrad = this.#inputGrad.take(this.#length);
    for (let i = 0; i < this.#length; i++) inputGrad[i] = outputGrad[i]! * slope(output[i]!);
    return inputGrad;
  }
}
