/** The layers that the LeNet-5 of 1998 has and today's has not (LeCun et al. 1998, section II.B). */
import * as tf from "../../backend/tf.ts";
import { Module, type ModuleBuffer, type Parameter } from "../torch/module.ts";
import { ChannelsLastModule, Conv2d } from "../torch/torch_layers.ts";

/** A tanh that reaches ±1 where its argument is ±1: 1.7159 · tanh(2/3 · x). */
export class ScaledTanh extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.mul(1.7159, tf.tanh(tf.mul(2 / 3, input)));
  }
}

/**
 * Subsampling: the sum of the four numbers of a square of 2 × 2, times a coefficient, plus a bias; both are
 * trained, one of each for a map. (N, C, H, W) → (N, C, H / 2, W / 2).
 */
export class Subsampling2d extends ChannelsLastModule {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(readonly maps: number) {
    super();
    this.weight = this.registerParameter("weight", [maps]);
    this.bias = this.registerParameter("bias", [maps]);
  }

  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    const sum = tf.mul(4, tf.avgPool(image, 2, 2, "valid"));
    return tf.add(tf.mul(sum, this.weight.data), this.bias.data);
  }
}

/**
 * Which of S2's six maps each of C3's sixteen maps is connected to (Table I of the article): six with three
 * neighbours, six with four neighbours, three with four of which two are apart, and one with all.
 */
export const c3Connections: readonly (readonly number[])[] = [
  ...[0, 1, 2, 3, 4, 5].map((first) => [0, 1, 2].map((step) => (first + step) % 6)),
  ...[0, 1, 2, 3, 4, 5].map((first) => [0, 1, 2, 3].map((step) => (first + step) % 6)),
  ...[0, 1, 2].map((first) => [0, 1, 3, 4].map((step) => (first + step) % 6)),
  [0, 1, 2, 3, 4, 5],
];

/** A convolution whose maps see some of the input's maps only; the other weights are held at 0. */
export class PartialConv2d extends Conv2d {
  readonly #mask: ModuleBuffer;

  /** @param connections for each map of the output, the input's maps that it sees */
  constructor(
    inChannels: number,
    readonly connections: readonly (readonly number[])[],
    kernel: number,
  ) {
    super(inChannels, connections.length, kernel);
    this.#mask = this.registerBuffer("mask", this.weight.shape);
    const area = kernel * kernel;
    const mask = new Float32Array(connections.length * inChannels * area);
    connections.forEach((seen, map) => {
      for (const channel of seen) {
        const at = (map * inChannels + channel) * area;
        mask.fill(1, at, at + area);
      }
    });
    tf.tidy(() => this.#mask.data.assign(tf.tensor(mask, [...this.weight.shape])));
    this.parametrizations.push((weight) => tf.mul(weight, this.#mask.data));
  }
}

/**
 * Radial basis functions: for each class the squared distance between the input and the class's code of
 * ±1, which is not trained. (N, in) → (N, classes). The smallest distance is the answer, so the distances
 * are given back with their sign changed.
 */
export class RadialBasis extends Module {
  readonly #codes: ModuleBuffer;

  /** @param codes one row of ±1 for each class */
  constructor(readonly codes: readonly (readonly number[])[]) {
    super();
    const [classes, length] = [codes.length, codes[0]!.length];
    this.#codes = this.registerBuffer("codes", [classes, length]);
    tf.tidy(() => this.#codes.data.assign(tf.tensor(codes.flat(), [classes, length])));
  }

  override forward(input: tf.Tensor): tf.Tensor {
    // |x − c|² = |x|² − 2 x·c + |c|²
    const codes = this.#codes.data as tf.Tensor2D;
    const products = tf.matMul(input as tf.Tensor2D, codes, false, true);
    const own = tf.sum(tf.square(input), 1, true);
    const lengths = tf.sum(tf.square(codes), 1);
    return tf.sub(tf.mul(2, products), tf.add(own, lengths));
  }
}
