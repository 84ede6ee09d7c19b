import { type Architecture, isActivation, type Layer } from "../../model/architecture.ts";
import { describe } from "../../model/describe.ts";
import type { Normalisation } from "../../pixels/pixels.ts";
import { batchNormEpsilon } from "../portable_network.ts";
import { isBehindFlatten, type KerasLayer } from "./keras_layers.ts";

type Config = Readonly<Record<string, unknown>>;

/** A network as Keras describes it, in this project's words. */
export interface KerasNetwork {
  readonly architecture: Architecture;
  readonly normalisation?: Normalisation;
  /** The layers of Keras that have weights, in their order, which is that of this project's. */
  readonly weighted: readonly KerasLayer[];
}

/**
 * Reads Keras's description of a Sequential. A softmax at its end is left out: networks here give logits.
 * @param className "Sequential", or the class that is refused
 * @throws RangeError naming the layer, or the setting of one, that this project has none for
 */
export function readKerasLayers(className: unknown, config: unknown): KerasNetwork {
  if (className !== "Sequential") {
    throw new RangeError(`it is a ${describe(className)}; only a Sequential can be read`);
  }
  const { name = "network", layers } = asObject("the Sequential", config);
  if (!Array.isArray(layers)) throw new RangeError("its layers must be a list");
  const reader = new LayersReader();
  layers.forEach((entry, i) => {
    const layer = asObject(`layer ${i}`, entry);
    const config = asObject(`layer ${i}`, layer.config);
    reader.add({ className: String(layer.class_name), config }, i === layers.length - 1);
  });
  return reader.network(String(name));
}

/** Takes Keras's layers one after the other. */
class LayersReader {
  readonly #layers: Layer[] = [];
  readonly #weighted: KerasLayer[] = [];
  #input: Architecture["input"] | undefined;
  #normalisation: Normalisation | undefined;
  /** Zeros around the input of the convolution that follows. */
  #padding = 0;

  network(name: string): KerasNetwork {
    if (!this.#input) throw new RangeError("it does not say the shape of its input");
    if (this.#padding > 0) throw new RangeError("ZeroPadding2D is read before a Conv2D only");
    return {
      architecture: { name, input: this.#input, layers: this.#layers },
      weighted: this.#weighted,
      ...(this.#normalisation ? { normalisation: this.#normalisation } : {}),
    };
  }

  add(layer: KerasLayer, isLast: boolean): void {
    const { className, config } = layer;
    const title = `${className} (${config.name})`;
    const need = (setting: string, ...allowed: readonly unknown[]) => {
      const value = config[setting];
      if (value === undefined || value === null) return;
      if (allowed.some((one) => `${one}` === `${value}`)) return;
      const shown = JSON.stringify(value);
      throw new RangeError(`${title} has ${setting} ${shown}, which no layer of this project has`);
    };
    need("data_format", "channels_last");
    const shape = config.batch_shape ?? config.batch_input_shape;
    if (shape !== undefined && !this.#input) this.#input = imageSize(title, shape);
    if (this.#padding > 0 && className !== "Conv2D") {
      throw new RangeError(`ZeroPadding2D is read before a Conv2D only, not before ${title}`);
    }
    const at = this.#layers.length;
    const weighted = (layer: Layer) => {
      this.#layers.push(layer);
      this.#weighted.push({ className, config });
    };
    const name = String(config.name);
    switch (className) {
      case "InputLayer":
        return;
      case "Rescaling": {
        const { scale, offset = 0 } = config;
        if (at > 0 || typeof scale !== "number" || typeof offset !== "number" || !(scale > 0)) {
          throw new RangeError(`${title} must be the first layer and have one scale above 0`);
        }
        this.#normalisation = { mean: -offset / scale, std: 1 / scale };
        return;
      }
      case "ZeroPadding2D":
        this.#padding = equalSides(title, "padding", config.padding);
        return;
      case "Conv2D": {
        need("dilation_rate", "1,1", 1);
        need("groups", 1);
        need("use_bias", true);
        const kernel = equalSides(title, "kernel_size", config.kernel_size);
        const stride = equalSides(title, "strides", config.strides ?? 1);
        let padding = this.#padding;
        if (config.padding === "same" && kernel % 2 === 1 && stride === 1) {
          padding += (kernel - 1) / 2;
        } else need("padding", "valid");
        this.#padding = 0;
        weighted({
          ...{ kind: "conv", name, filters: Number(config.filters), kernel },
          ...(stride === 1 ? {} : { stride }),
          ...(padding === 0 ? {} : { padding }),
        });
        return this.#activation(title, config.activation, isLast);
      }
      case "Dense":
        need("use_bias", true);
        weighted({ kind: "dense", name, units: Number(config.units) });
        return this.#activation(title, config.activation, isLast);
      case "BatchNormalization":
        need("axis", -1, [3], 3);
        need("epsilon", batchNormEpsilon);
        for (const setting of ["center", "scale"]) need(setting, true);
        need("renorm", false);
        if (isBehindFlatten(this.#layers)) {
          throw new RangeError(
            `${title} stands between a flatten and a dense layer, where Keras and ` +
              "PyTorch have different orders of the numbers",
          );
        }
        return weighted({ kind: "batchnorm", name });
      case "MaxPooling2D":
      case "AveragePooling2D": {
        need("padding", "valid");
        const size = equalSides(title, "pool_size", config.pool_size);
        need("strides", size, [size, size]);
        this.#layers.push({ kind: className === "MaxPooling2D" ? "maxpool" : "avgpool", size });
        return;
      }
      case "Dropout":
      case "SeededDropout":
        need("noise_shape");
        this.#layers.push({ kind: "dropout", rate: Number(config.rate) });
        return;
      case "Flatten":
        this.#layers.push({ kind: "flatten" });
        return;
      case "Activation":
        return this.#activation(title, config.activation, isLast);
      case "ReLU":
        for (const setting of ["negative_slope", "threshold"]) need(setting, 0);
        need("max_value");
        return this.#activation(title, "relu", isLast);
      case "Softmax":
        need("axis", -1, [-1]);
        return this.#activation(title, "softmax", isLast);
    }
    throw new RangeError(`this project has no layer for Keras's ${title}`);
  }

  #activation(title: string, activation: unknown, isLast: boolean): void {
    if (activation === undefined || activation === null || activation === "linear") return;
    if (activation === "softmax" && isLast) return;
    const layer = { kind: activation } as Layer;
    if (!isActivation(layer)) {
      const advice = activation === "softmax" ? ", except at the end" : "";
      throw new RangeError(
        `${title} has the activation ${describe(activation)}, which this project has not${advice}`,
      );
    }
    this.#layers.push(layer);
  }
}

function asObject(what: string, value: unknown): Config {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Config;
  throw new RangeError(`${what} must be an object, got ${describe(value)}`);
}

/** Images of (any number, height, width, channels). */
function imageSize(title: string, shape: unknown): Architecture["input"] {
  const [, height, width, channels] = Array.isArray(shape) ? shape as unknown[] : [];
  if (
    Array.isArray(shape) && shape.length === 4 && [height, width, channels].every(Number.isInteger)
  ) {
    return { channels: Number(channels), height: Number(height), width: Number(width) };
  }
  throw new RangeError(
    `${title} has the input shape ${JSON.stringify(shape)}, not (n, height, width, channels)`,
  );
}

/** The one number that all sides of a window, a step or a border have. */
function equalSides(title: string, setting: string, value: unknown): number {
  const sides = [value].flat(2) as unknown[];
  const [first] = sides;
  if (Number.isInteger(first) && sides.every((side) => side === first)) return Number(first);
  const shown = JSON.stringify(value);
  throw new RangeError(`${title} has ${setting} ${shown}, whose numbers must be the same`);
}
