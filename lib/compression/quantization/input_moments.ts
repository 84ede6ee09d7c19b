/** Mean and covariance of a layer's inputs, over images and positions. */
export interface InputMoments {
  /** Inputs of one filter (channels · kernel²) or of one unit (the units of the layer before). */
  readonly length: number;
  /** Mean of each input. */
  readonly mean: Float64Array;
  /** length × length, row-major. */
  readonly covariance: Float64Array;
}

/** Adds up samples of a layer's input. */
export class MomentSums {
  #count = 0;
  readonly #sums: Float64Array;
  readonly #products: Float64Array;

  constructor(readonly length: number) {
    this.#sums = new Float64Array(length);
    this.#products = new Float64Array(length * length);
  }

  /**
   * Adds one sample.
   * @param values holds the sample's numbers, the first at `offset` and each `stride` after the last
   */
  add(values: ArrayLike<number>, offset: number, stride: number): void {
    const { length } = this;
    this.#count++;
    for (let i = 0, a = offset; i < length; i++, a += stride) {
      const x = values[a]!;
      if (x === 0) continue;
      this.#sums[i]! += x;
      const row = i * length;
      for (let j = 0, b = offset; j <= i; j++, b += stride) {
        this.#products[row + j]! += x * values[b]!;
      }
    }
  }

  /** Mean and covariance of the samples so far. */
  moments(): InputMoments {
    const { length } = this;
    const mean = this.#sums.map((sum) => sum / this.#count);
    const covariance = new Float64Array(length * length);
    for (let i = 0; i < length; i++) {
      for (let j = 0; j <= i; j++) {
        const value = this.#products[i * length + j]! / this.#count - mean[i]! * mean[j]!;
        covariance[i * length + j] = covariance[j * length + i] = value;
      }
    }
    return { length, mean, covariance };
  }
}
