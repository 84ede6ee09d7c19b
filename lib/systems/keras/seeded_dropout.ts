import * as tf from "../../backend/tf.ts";
import { Rng } from "../../util/rng.ts";

/**
 * Keras's `Dropout` with a seed. That of tfjs, where it has a seed, leaves out the same numbers in every step.
 */
export class SeededDropout extends tf.layers.Layer {
  /** By which tfjs names the layer. */
  static readonly className = "SeededDropout";
  /** Number of the next training step, which decides, with the seed, what is left out. */
  step = 0;

  constructor(
    readonly rate: number,
    readonly seed: number,
    config: ConstructorParameters<typeof tf.layers.Layer>[0] = {},
  ) {
    super(config);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { training = false }: { readonly training?: boolean } = {},
  ): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (!training || this.rate === 0) return input;
    const kept = 1 / (1 - this.rate);
    const mask = new Float32Array(input.size);
    const rng = new Rng(this.seed).fork(`dropout ${this.step++}`);
    for (let i = 0; i < mask.length; i++) mask[i] = rng.uniform() < this.rate ? 0 : kept;
    return tf.tidy(() => tf.mul(input, tf.tensor(mask, input.shape)));
  }
}
