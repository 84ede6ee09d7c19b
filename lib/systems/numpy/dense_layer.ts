/**
 * The fully connected layer, forward and backward.
 *
 * forward:  in (N, inputs) → out (N, units):  out = in · weightᵀ + bias, with weight (units, inputs)
 *
 * backward: from dOut = ∂loss/∂out, (N, units)
 *   ∂loss/∂weight = dOutᵀ · in      (units, inputs)
 *   ∂loss/∂bias   = Σ_n dOut[n]     (units)
 *   ∂loss/∂in     = dOut · weight   (N, inputs)
 */
import { Buffer, type FloatArray, type Parameter, type Precision, requireInputs } from "./array.ts";
import { gemm, matrix, transpose } from "./matmul.ts";
import type { NumpyLayer } from "./layer.ts";

/** A fully connected layer. */
export class Dense implements NumpyLayer {
  /** What is trained. */
  readonly parameters: readonly Parameter[];
  readonly #units: number;
  readonly #inputs: number;
  #output: Buffer;
  #inputGrad: Buffer;
  #input: FloatArray | undefined;
  #count = 0;

  /** A layer of these weights. */
  constructor(precision: Precision, readonly weight: Parameter, readonly bias: Parameter) {
    this.parameters = [weight, bias];
    this.#units = bias.value.length;
    this.#inputs = weight.value.length / bias.value.length;
    this.#output = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** out = in · weightᵀ + bias. @throws RangeError if there are fewer inputs than `count` */
  forward(input: FloatArray, count: number): FloatArray {
    this.#input = input;
    this.#count = count;
    const [units, inputs] = [this.#units, this.#inputs];
    requireInputs(this.weight.name, input, count, inputs);
    const output = this.#output.take(count * units);
    for (let n = 0; n < count; n++) output.set(this.bias.value, n * units);
    const weightT = transpose(matrix(this.weight.value, inputs));
    gemm(count, units, inputs, matrix(input, inputs), weightT, matrix(output, units), true);
    return output;
  }

  /** dWeight = dOutᵀ · in, dBias = the column sums of dOut, dIn = dOut · weight */
  backward(outputGrad: FloatArray, wantsInput: boolean): FloatArray {
    const [count, units, inputs] = [this.#count, this.#units, this.#inputs];
    const out = matrix(outputGrad, units);
    const input = matrix(this.#input!, inputs);
    gemm(units, inputs, count, transpose(out), input, matrix(this.weight.grad, inputs));
    this.bias.grad.fill(0);
    for (let n = 0; n < count; n++) {
      for (let u = 0; u < units; u++) this.bias.grad[u]! += outputGrad[n * units + u]!;
    }
    const inputGrad = this.#inputGrad.take(wantsInput ? count * inputs : 0);
    if (wantsInput) {
      const weight = matrix(this.weight.value, inputs);
      gemm(count, inputs, units, out, weight, matrix(inputGrad, inputs));
    }
    return inputGrad;
  }
}
