import * as tf from "../../backend/tf.ts";
import { type Architecture, isActivation, trace } from "../../model/architecture.ts";
import { Rng } from "../../util/rng.ts";

/**
 * The network as a Keras user writes it: activations inside the layers, softmax at the end. tfjs
 * would start convolutions with glorotNormal; Keras's glorotUniform is asked for, with seeds.
 * The layer before the softmax is named `logits`.
 */
export function buildModel(architecture: Architecture, seed: number): tf.Sequential {
  const { channels, height, width } = architecture.input;
  const seeds = new Rng(seed).fork("keras");
  const model = tf.sequential({ name: "lenet" });
  const traced = trace(architecture);
  const lastDense = traced.findLastIndex(({ layer }) => layer.kind === "dense");
  traced.forEach(({ layer }, index) => {
    const inputShape = index === 0 ? { inputShape: [height, width, channels] } : {};
    // Keras writes the activation that follows into the layer itself
    const next = traced[index + 1]?.layer;
    const follows = isActivation(next) ? { activation: next.kind } : {};
    const kernelInitializer = tf.initializers.glorotUniform({ seed: seeds.int(2 ** 31) });
    switch (layer.kind) {
      case "conv": {
        const { name, filters, kernel: kernelSize } = layer;
        const options = { name, filters, kernelSize, kernelInitializer };
        model.add(tf.layers.conv2d({ ...options, ...follows, ...inputShape }));
        break;
      }
      case "dense": {
        const name = index === lastDense ? "logits" : layer.name;
        model.add(
          tf.layers.dense({
            name,
            units: layer.units,
            kernelInitializer,
            ...follows,
            ...inputShape,
          }),
        );
        break;
      }
      case "maxpool":
        model.add(tf.layers.maxPooling2d({ poolSize: layer.size, ...inputShape }));
        break;
      case "flatten":
        model.add(tf.layers.flatten(inputShape));
        break;
      case "tanh":
      case "sigmoid":
      case "relu": {
        const before = traced[index - 1]?.layer.kind;
        if (before !== "conv" && before !== "dense") {
          model.add(tf.layers.activation({ activation: layer.kind, ...inputShape }));
        }
        break;
      }
    }
  });
  model.add(tf.layers.softmax({ name: "probabilities" }));
  return model;
}
