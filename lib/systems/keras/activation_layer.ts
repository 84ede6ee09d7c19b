import { activate } from "../../backend/further_activations.ts";
import * as tf from "../../backend/tf.ts";
import type { FurtherActivation } from "../../model/architecture.ts";

/** Keras's `Activation` with the functions that tfjs lacks, or has with other constants than PyTorch. */
export class FurtherActivationLayer extends tf.layers.Layer {
  /** By which tfjs names the layer. */
  static readonly className = "FurtherActivationLayer";

  constructor(
    readonly activation: FurtherActivation,
    config: ConstructorParameters<typeof tf.layers.Layer>[0] = {},
  ) {
    super(config);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => activate(this.activation, input));
  }
}
