/**
 * Keras's description of a Sequential, which `.keras` files and the LayersModel of TensorFlow.js share:
 * a class and settings for each layer, channels last, activations inside the layers before them.
 */
import { type Architecture, isActivation, type Layer, trace } from "../../model/architecture.ts";
import type { Normalisation } from "../../pixels/pixels.ts";
import { batchNormEpsilon } from "../portable_network.ts";

/** A layer as Keras describes it. */
export interface KerasLayer {
  readonly className: string;
  /** Its settings by Keras's names. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * The layers of a network in Keras, without the input's. The normalisation of images is a `Rescaling`.
 * @throws RangeError naming a layer that Keras has none for
 */
export function kerasLayers(
  architecture: Architecture,
  normalisation?: Normalisation,
): KerasLayer[] {
  const traced = trace(architecture), layers: KerasLayer[] = [];
  const names = new Set(traced.flatMap(({ layer }) => "name" in layer ? [layer.name] : []));
  const add = (className: string, config: Readonly<Record<string, unknown>>, own?: string) => {
    let name = own ?? `${className.toLowerCase()}_${layers.length}`;
    while (own === undefined && names.has(name)) name += "_";
    names.add(name);
    layers.push({ className, config: { name, dtype: "float32", ...config } });
  };
  if (normalisation) {
    const { mean, std } = normalisation;
    add("Rescaling", { scale: 1 / std, offset: -mean / std });
  }
  traced.forEach(({ layer, input }, i) => {
    const previous = traced[i - 1]?.layer, next = traced[i + 1]?.layer;
    const activation = isActivation(next) ? next.kind : "linear";
    switch (layer.kind) {
      case "conv": {
        const { filters, kernel: k, stride: s = 1, padding: p = 0 } = layer;
        if (p > 0) add("ZeroPadding2D", { padding: [[p, p], [p, p]], ...channelsLast });
        const sizes = { filters, kernel_size: [k, k], strides: [s, s], padding: "valid" };
        const settings = { ...sizes, ...channelsLast, use_bias: true, activation };
        return add("Conv2D", settings, requireName(layer.name));
      }
      case "dense":
        return add(
          "Dense",
          { units: layer.units, use_bias: true, activation },
          requireName(layer.name),
        );
      case "maxpool":
      case "avgpool": {
        const sides = [layer.size, layer.size];
        return add(layer.kind === "maxpool" ? "MaxPooling2D" : "AveragePooling2D", {
          ...{ pool_size: sides, strides: sides, padding: "valid" },
          ...channelsLast,
        });
      }
      case "batchnorm":
        if (input.length === 1 && isBehindFlatten(traced.slice(0, i).map(({ layer }) => layer))) {
          throw new RangeError(
            `Keras cannot take ${layer.name} between a flatten and the first dense layer, where Keras ` +
              "has another order of the numbers than PyTorch; put it before the flatten",
          );
        }
        return add("BatchNormalization", {
          ...{ axis: -1, momentum: 0.9, epsilon: batchNormEpsilon, center: true, scale: true },
        }, requireName(layer.name));
      case "dropout":
        return add("Dropout", { rate: layer.rate });
      case "activation":
        throw new RangeError(
          `Keras files are not written of ${layer.function}, only of tanh, sigmoid and relu`,
        );
      case "flatten":
        return add("Flatten", channelsLast);
      case "tanh":
      case "sigmoid":
      case "relu":
        if (previous?.kind === "conv" || previous?.kind === "dense") return; // stands in that layer
        return add("Activation", { activation: layer.kind });
    }
  });
  return layers;
}

const channelsLast = { data_format: "channels_last" };

/** Whether the last of these layers that changes the order of the numbers is a flatten. */
export function isBehindFlatten(layers: readonly Layer[]): boolean {
  return layers.findLast(({ kind }) => kind === "flatten" || kind === "dense")?.kind === "flatten";
}

/** Keras makes paths of its layers' names. */
function requireName(name: string): string {
  if (!name.includes("/")) return name;
  throw new RangeError(`Keras allows no slash in the name of a layer, and one is ${name}`);
}
