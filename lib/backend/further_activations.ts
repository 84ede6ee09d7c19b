/**
 * The activations that LeNet-5 has none of, with the constants of PyTorch:
 *   leaky_relu  x where x > 0, else 0.01 · x        (Maas et al. 2013)
 *   elu         x where x > 0, else eˣ − 1          (Clevert et al. 2016)
 *   gelu        x · (1 + erf(x / √2)) / 2           (Hendrycks & Gimpel 2016, not approximated by tanh)
 *   silu        x / (1 + e⁻ˣ)                       (Elfwing et al. 2018)
 *   softplus    log(1 + eˣ)                         (Dugas et al. 2001)
 */
import type { FurtherActivation } from "../model/architecture.ts";
import * as tf from "./tf.ts";

/** Applies an activation to every number. */
export function activate<T extends tf.Tensor>(name: FurtherActivation, x: T): T {
  switch (name) {
    case "leaky_relu":
      return tf.leakyRelu(x, 0.01);
    case "elu":
      return tf.elu(x);
    case "gelu":
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case "silu":
      return tf.mul(x, tf.sigmoid(x));
    case "softplus":
      return tf.softplus(x);
    default:
      name satisfies never;
      throw new RangeError(`no activation named ${name}`);
  }
}
