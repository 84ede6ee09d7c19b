/**
 * The activation layers, forward and backward, on every number x by itself.
 *
 * forward:  y = f(x)
 * backward: ∂loss/∂x = ∂loss/∂y · f′(x), with f′ written in terms of y, which `forward` has kept
 *   tanh:     f(x) = tanh x            f′ = 1 − y²
 *   sigmoid:  f(x) = 1 / (1 + e^−x)    f′ = y · (1 − y)
 *   relu:     f(x) = max(0, x)         f′ = 1 where y > 0, else 0
 */
import { type ActivationRule, activationRules } from "../../kernels/twins/activation_twin.ts";
import type { Activation } from "../../model/architecture.ts";
import { Buffer, type FloatArray, type Parameter, type Precision, requireInputs } from "./array.ts";
import type { NumpyLayer } from "./layer.ts";

/** A layer that applies an activation to every number. */
export class ActivationLayer implements NumpyLayer {
  /** What is trained. */
  readonly parameters: readonly Parameter[] = [];
  readonly #rule: ActivationRule;
  #output: Buffer;
  #inputGrad: Buffer;
  #length = 0;

  /**
   * An activation of inputs of one size.
   * @param size count of numbers in one input
   * @throws RangeError if there is no activation of that name
   */
  constructor(precision: Precision, readonly kind: Activation, readonly size: number) {
    if (!Object.hasOwn(activationRules, kind)) {
      throw new RangeError(
        `there is no activation named ${kind}; there are ${
          Object.keys(activationRules).join(", ")
        }`,
      );
    }
    this.#rule = activationRules[kind];
    this.#output = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** The result of the last forward pass. */
  get output(): FloatArray {
    return this.#output.take(this.#length);
  }

  /** See the head of the file. @throws RangeError if there are fewer inputs than `count` */
  forward(input: FloatArray, count: number): FloatArray {
    const { value } = this.#rule;
    requireInputs(this.kind, input, count, this.size);
    this.#length = count * this.size;
    const output = this.#output.take(this.#length);
    for (let i = 0; i < this.#length; i++) output[i] = value(input[i]!);
    return output;
  }

  /** See the head of the file. */
  backward(outputGrad: FloatArray): FloatArray {
    const { slope } = this.#rule;
    const output = this.#output.take(this.#length);
    const inputGrad = this.#inputGrad.take(this.#length);
    for (let i = 0; i < this.#length; i++) inputGrad[i] = outputGrad[i]! * slope(output[i]!);
    return inputGrad;
  }
}
