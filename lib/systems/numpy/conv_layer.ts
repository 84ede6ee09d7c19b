/**
 * The convolution layer, forward and backward, as matrix products.
 *
 * forward:  in (N, C, H, W) → out (N, F, H − k + 1, W − k + 1), with F filters of k × k
 *   out[n, f, y, x] = bias[f] + Σ_{c, i, j} weight[f, c, i, j] · in[n, c, y + i, x + j]
 *
 * backward: from dOut = ∂loss/∂out, of the shape of out
 *   ∂loss/∂bias[f]            = Σ_{n, y, x} dOut[n, f, y, x]
 *   ∂loss/∂weight[f, c, i, j] = Σ_{n, y, x} dOut[n, f, y, x] · in[n, c, y + i, x + j]
 *   ∂loss/∂in[n, c, v, u]     = Σ_{f, i, j} weight[f, c, i, j] · dOut[n, f, v − i, u − j]
 */
import { Buffer, type FloatArray, type Parameter, type Precision, requireInputs } from "./array.ts";
import { gemm, matrix, transpose } from "./matmul.ts";
import { col2im, im2col, type Window } from "./im2col.ts";
import type { NumpyLayer } from "./layer.ts";

/** Convolution with stride 1 and no padding. As everywhere in deep learning the kernel is not flipped. */
export class Conv implements NumpyLayer {
  /** What is trained. */
  readonly parameters: readonly Parameter[];
  #output: Buffer;
  #columns: Buffer;
  #columnsGrad: Buffer;
  #inputGrad: Buffer;
  #input: FloatArray | undefined;
  #count = 0;

  /** A layer of these weights. */
  constructor(
    precision: Precision,
    readonly weight: Parameter,
    readonly bias: Parameter,
    readonly window: Window,
  ) {
    this.parameters = [weight, bias];
    this.#output = new Buffer(precision);
    this.#columns = new Buffer(precision);
    this.#columnsGrad = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** Numbers in an input image, in a column of a patch and in an output plane, and the count of filters. */
  get #sizes() {
    const { channels, height, width, kernel } = this.window;
    return {
      image: channels * height * width,
      column: channels * kernel * kernel,
      positions: (height - kernel + 1) * (width - kernel + 1),
      filters: this.bias.value.length,
    };
  }

  /**
   * Per image: out (F, positions) = weight (F, C·k²) · columns (C·k², positions) + bias.
   * @throws RangeError if there are fewer inputs than `count`
   */
  forward(input: FloatArray, count: number): FloatArray {
    const { image, column, positions, filters } = this.#sizes;
    requireInputs(this.weight.name, input, count, image);
    this.#input = input;
    this.#count = count;
    const output = this.#output.take(count * filters * positions);
    const columns = this.#columns.take(column * positions);
    const weight = matrix(this.weight.value, column);
    for (let n = 0; n < count; n++) {
      const at = n * filters * positions;
      im2col(input, n * image, this.window, columns);
      for (let f = 0; f < filters; f++) {
        output.fill(this.bias.value[f]!, at + f * positions, at + (f + 1) * positions);
      }
      const out = matrix(output, positions, at);
      gemm(filters, positions, column, weight, matrix(columns, positions), out, true);
    }
    return output;
  }

  /**
   * Per image, with dOut (F, positions): dWeight += dOut · columnsᵀ, dBias += the row sums of dOut, and
   * dColumns = weightᵀ · dOut, whose numbers are added to the pixels that the columns were read from.
   */
  backward(outputGrad: FloatArray, wantsInput: boolean): FloatArray {
    const { image, column, positions, filters } = this.#sizes;
    const input = this.#input!;
    const columns = this.#columns.take(column * positions);
    const columnsGrad = this.#columnsGrad.take(column * positions);
    const inputGrad = this.#inputGrad.take(wantsInput ? this.#count * image : 0);
    inputGrad.fill(0);
    this.weight.grad.fill(0);
    this.bias.grad.fill(0);
    const weightT = transpose(matrix(this.weight.value, column));
    const weightGrad = matrix(this.weight.grad, column);
    const columnsT = transpose(matrix(columns, positions));
    for (let n = 0; n < this.#count; n++) {
      const at = n * filters * positions;
      const out = matrix(outputGrad, positions, at);
      // dWeight and dBias
      im2col(input, n * image, this.window, columns);
      gemm(filters, column, positions, out, columnsT, weightGrad, true);
      for (let f = 0; f < filters; f++) {
        let sum = 0;
        for (let p = 0; p < positions; p++) sum += outputGrad[at + f * positions + p]!;
        this.bias.grad[f]! += sum;
      }
      if (!wantsInput) continue;
      // dColumns, and from them the gradient of the input
      gemm(column, positions, filters, weightT, out, matrix(columnsGrad, positions));
      col2im(columnsGrad, this.window, inputGrad, n * image);
    }
    return inputGrad;
  }
}
