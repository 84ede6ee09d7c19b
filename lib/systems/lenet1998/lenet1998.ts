/**
 * The LeNet-5 of 1998 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-Based Learning Applied to Document
 * Recognition"), on the modules of the PyTorch-style system. Today's LeNet-5 differs from it in all of its
 * layers but C1 and F6.
 */
import * as tf from "../../backend/tf.ts";
import type { WeightArray } from "../../model/weights.ts";
import { elementCount } from "../../util/element_count.ts";
import { Rng } from "../../util/rng.ts";
import type { Criterion } from "../torch/cross_entropy_loss.ts";
import { Module } from "../torch/module.ts";
import { Conv2d, flatten, Linear } from "../torch/torch_layers.ts";
import {
  c3Connections,
  PartialConv2d,
  RadialBasis,
  ScaledTanh,
  Subsampling2d,
} from "./lenet1998_layers.ts";

/** Units of F6, and length of a class's code. */
const CODE_LENGTH = 84;

/**
 * Codes of ±1 for the classes. The article draws its ten digits as bitmaps of 7 × 12; other classes have no
 * such picture, and get codes of independent random signs, which the article names as the alternative.
 */
export function randomCodes(classes: number, seed = 1998): number[][] {
  const rng = new Rng(seed).fork("codes");
  return Array.from(
    { length: classes },
    () => Array.from({ length: CODE_LENGTH }, () => rng.int(2) === 0 ? -1 : 1),
  );
}

/** Grey images (N, 1, 32, 32) → the negative distances to the classes' codes (N, classes). */
export class Lenet1998 extends Module {
  readonly c1: Conv2d = new Conv2d(1, 6, 5);
  readonly s2: Subsampling2d = new Subsampling2d(6);
  readonly c3: PartialConv2d = new PartialConv2d(6, c3Connections, 5);
  readonly s4: Subsampling2d = new Subsampling2d(16);
  /** A convolution of 5 × 5 on maps of 5 × 5, which is a fully connected layer. */
  readonly c5: Linear = new Linear(400, 120);
  readonly f6: Linear = new Linear(120, CODE_LENGTH);
  readonly output: RadialBasis;
  readonly squash: ScaledTanh = new ScaledTanh();

  constructor(classes: number, seed: number) {
    super();
    this.output = new RadialBasis(randomCodes(classes));
    this.#start(seed);
  }

  override forward(images: tf.Tensor): tf.Tensor {
    let x = images;
    for (const layer of [this.c1, this.s2, this.c3, this.s4]) {
      x = this.squash.forward(layer.forward(x));
    }
    x = flatten(x);
    for (const layer of [this.c5, this.f6]) x = this.squash.forward(layer.forward(x));
    return this.output.forward(x);
  }

  /** Uniform between ±2.4 / F_i, as in the article, with F_i inputs of a unit. */
  #start(seed: number): void {
    const root = new Rng(seed).fork("lenet 1998");
    const fans = { c1: 25, s2: 4, c3: 100, s4: 4, c5: 400, f6: 120 } as const;
    for (const [name, { data, shape }] of this.namedParameters()) {
      const bound = 2.4 / fans[name.split(".")[0] as keyof typeof fans];
      const rng = root.fork(name);
      const numbers = Float32Array.from(
        { length: elementCount(shape) },
        () => rng.uniform(-bound, bound),
      );
      tf.tidy(() => data.assign(tf.tensor(numbers, [...shape])));
    }
  }

  /** Numbers that are trained; the weights that the table of connections leaves out do not count. */
  async countTrainable(): Promise<number> {
    const state = await this.stateDict();
    const size = ({ shape }: WeightArray) => elementCount(shape);
    const all = [...this.namedParameters()].reduce((sum, [name]) => sum + size(state[name]!), 0);
    return all - state["c3.mask"]!.data.filter((seen) => seen === 0).length;
  }
}

/**
 * The article's criterion, its eq. (9), with y_i the distance to class i and D the true class: the mean of
 * y_D + log(e^−j + Σ_i e^−y_i). It pulls the output to the true class's code and pushes it off the others;
 * the article leaves the positive constant j open.
 */
export class MaximumAPosteriori implements Criterion {
  /** @param j distance from which a wrong class is left alone; default 10 */
  constructor(readonly j = 10) {}

  /** @param logits the negative distances @param target one-hot rows */
  forward(logits: tf.Tensor, target: tf.Tensor): tf.Scalar {
    const count = logits.shape[0]!;
    const own = tf.sum(tf.mul(logits, target), 1);
    const background = tf.fill([count, 1], -this.j);
    const all = tf.logSumExp(tf.concat([logits, background], 1), 1);
    return tf.mean(tf.sub(all, own));
  }
}
