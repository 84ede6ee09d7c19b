import * as tf from "../../backend/tf.ts";
import {
  type Architecture,
  isActivation,
  trace,
  type TracedLayer,
} from "../../model/architecture.ts";
import { Rng } from "../../util/rng.ts";
import { FurtherActivationLayer } from "./activation_layer.ts";
import { SeededDropout } from "./seeded_dropout.ts";

const isDense = ({ layer }: TracedLayer) => layer.kind === "dense";

/**
 * The network as a Keras user writes it: activations inside the layers, softmax at the end. tfjs
 * would start convolutions with glorotNormal; Keras's glorotUniform is asked for, with seeds.
 * The last dense layer is named `logits`.
 */
export function buildModel(architecture: Architecture, seed: number): tf.Sequential {
  const { channels, height, width } = architecture.input;
  const seeds = new Rng(seed).fork("keras");
  const model = tf.sequential({ name: "lenet" });
  const traced = trace(architecture);
  const lastDense = traced.findLastIndex(({ layer }) => layer.kind === "dense");
  traced.forEach(({ layer, input }, index) => {
    let inputShape = index === 0 ? { inputShape: [height, width, channels] } : {};
    // Keras writes the activation that follows into the layer itself
    const next = traced[index + 1]?.layer;
    const follows = isActivation(next) ? { activation: next.kind } : {};
    const kernelInitializer = tf.initializers.glorotUniform({ seed: seeds.int(2 ** 31) });
    switch (layer.kind) {
      case "conv": {
        const { name, filters, kernel: kernelSize, stride: strides = 1, padding = 0 } = layer;
        if (padding > 0) {
          model.add(tf.layers.zeroPadding2d({ padding, ...inputShape } as object));
          inputShape = {};
        }
        const options = { name, filters, kernelSize, strides, kernelInitializer };
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
      case "avgpool":
        model.add(tf.layers.averagePooling2d({ poolSize: layer.size, ...inputShape }));
        break;
      case "batchnorm": {
        if (input.length === 1 && !traced.slice(0, index).some(isDense)) {
          throw new RangeError(
            `the keras system cannot take ${layer.name} right behind a flatten, where Keras has another ` +
              "order of the numbers than PyTorch; put it before the flatten",
          );
        }
        // Keras itself would take 0.99 and 1e-3; with the same weights all systems compute the same
        const { name } = layer, momentum = 0.9, epsilon = 1e-5;
        model.add(tf.layers.batchNormalization({ name, momentum, epsilon, ...inputShape }));
        break;
      }
      case "dropout":
        model.add(new SeededDropout(layer.rate, seeds.int(2 ** 31), inputShape));
        break;
      case "activation":
        model.add(new FurtherActivationLayer(layer.function, inputShape));
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

/**
 * Gives a model that somebody else built the weights of ours, which is disposed of.
 * @throws RangeError if the two do not have the same shapes, or the model does not end in a softmax
 */
export function takeModel(given: tf.Sequential, ours: tf.Sequential): tf.Sequential {
  try {
    if (!(given instanceof tf.Sequential)) {
      throw new RangeError("the model of the keras system must be a Sequential");
    }
    if (given.layers.at(-1)?.getClassName() !== "Softmax") {
      throw new RangeError("the model's last layer must be layers.softmax(), after the logits");
    }
    const shapes = ({ weights }: tf.Sequential) =>
      weights.map(({ shape }) => `(${shape.join(", ")})`);
    const [theirs, own] = [shapes(given), shapes(ours)];
    if (theirs.join() !== own.join()) {
      throw new RangeError(
        `the model's weights have the shapes ${theirs.join(" ")}, and the architecture's ${
          own.join(" ")
        }`,
      );
    }
    given.setWeights(ours.getWeights());
    return given;
  } finally {
    ours.dispose();
  }
}
