/**
 * The max-pooling layer, forward and backward, over s × s windows that do not overlap.
 *
 * forward:  in (N, C, H, W) → out (N, C, H / s, W / s)
 *   out[n, c, y, x] = the largest of in[n, c, s·y + i, s·x + j] with i and j from 0 to s − 1
 *
 * backward: ∂loss/∂in is ∂loss/∂out at the largest number of each window, and 0 elsewhere. Where several
 * are the largest, the first one gets the gradient, as in PyTorch.
 */
import { Buffer, type FloatArray, type Parameter, type Precision, requireInputs } from "./array.ts";
import type { NumpyLayer } from "./layer.ts";

/** Max-pooling. */
export class MaxPool implements NumpyLayer {
  /** What is trained. */
  readonly parameters: readonly Parameter[] = [];
  #output: Buffer;
  #inputGrad: Buffer;
  /** Where in the last input each output was found. */
  #argmax = new Int32Array(0);
  #length = 0;

  /**
   * Pooling of images of one shape.
   * @param shape (channels, height, width) of an input; height and width are multiples of `size`
   * @throws RangeError if they are not
   */
  constructor(
    precision: Precision,
    readonly shape: readonly [number, number, number],
    readonly size: number,
  ) {
    const [, height, width] = shape;
    if (!(size >= 1 && height % size === 0 && width % size === 0)) {
      throw new RangeError(
        `MaxPool: squares of ${size}×${size} do not fill an input of ${height}×${width}`,
      );
    }
    this.#output = new Buffer(precision);
    this.#inputGrad = new Buffer(precision);
  }

  /** See the head of the file. @throws RangeError if there are fewer inputs than `count` */
  forward(input: FloatArray, count: number): FloatArray {
    const { size } = this;
    const [channels, height, width] = this.shape;
    requireInputs("MaxPool", input, count, channels * height * width);
    this.#length = count * channels * (height / size) * (width / size);
    const output = this.#output.take(this.#length);
    if (this.#argmax.length < this.#length) this.#argmax = new Int32Array(this.#length);
    const argmax = this.#argmax;
    let at = 0;
    for (let plane = 0; plane < count * channels; plane++) {
      for (let y = 0; y < height; y += size) {
        for (let x = 0; x < width; x += size) {
          const corner = (plane * height + y) * width + x;
          let best = corner;
          for (let dy = 0; dy < size; dy++) {
            const row = corner + dy * width;
            for (let i = row; i < row + size; i++) if (input[i]! > input[best]!) best = i;
          }
          argmax[at] = best;
          output[at++] = input[best]!;
        }
      }
    }
    return output;
  }

  /** See the head of the file. */
  backward(outputGrad: FloatArray): FloatArray {
    const inputGrad = this.#inputGrad.take(this.#length * this.size * this.size);
    inputGrad.fill(0);
    for (let i = 0; i < this.#length; i++) inputGrad[this.#argmax[i]!]! += outputGrad[i]!;
    return inputGrad;
  }
}
