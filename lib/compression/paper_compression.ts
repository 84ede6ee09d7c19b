/**
 * Compression as the paper did it, on the PyTorch-style system. Its text describes masks beside the weights,
 * and weights and activations that are rounded to the numbers of int8 but stay float32; both add work to
 * every pass and remove none. Its code had the masks too, but in place of the rounding it only fused
 * layers with the ReLU after them, which changes no number.
 */
import { withBackend } from "../backend/choose_backend.ts";
import { defaultBackend } from "../backend/default_backend.ts";
import * as tf from "../backend/tf.ts";
import type { Architecture } from "../model/architecture.ts";
import { Conv2d, Linear, ReLU, Sequential, Sigmoid, Tanh } from "../systems/torch/torch_layers.ts";
import { Module } from "../systems/torch/module.ts";
import { buildModule } from "../systems/torch/build_module.ts";
import { type TorchOptions, TorchSystem } from "../systems/torch/torch_system.ts";
import type { Masks } from "./masks.ts";
import { INT8_MAX } from "./quantization/quantize.ts";

/** What the paper's compression does to each layer, anew in each forward pass. */
export interface PaperCompression {
  /** Multiplies weights with masks, as `torch.nn.utils.prune` does: weight = weight_orig · weight_mask. */
  readonly masks?: Masks;
  /** Rounds weights (per channel: one scale for each filter or unit) and activations to int8's numbers. */
  readonly fakeQuantize?: boolean;
  /** Makes one module of a layer and the ReLU after it, as `torch.quantization.fuse_modules` does. */
  readonly fuse?: boolean;
}

/**
 * A PyTorch-style system that prunes and quantizes as the paper did.
 * @throws RangeError if ReLU's outputs are to be rounded: they have no bound to take a scale from
 */
export class PaperCompressedSystem extends TorchSystem {
  readonly #masks: readonly tf.Tensor[];

  constructor(
    architecture: Architecture,
    compression: PaperCompression,
    options: Pick<TorchOptions, "criterion" | "backend"> = {},
  ) {
    const masks: tf.Tensor[] = [];
    const model = withBackend(
      options.backend ?? defaultBackend,
      () => compressedModule(architecture, compression, masks),
    );
    super(architecture, { ...options, model });
    this.#masks = masks;
  }

  protected override free(): void {
    super.free();
    withBackend(this.backend, () => this.#masks.forEach((mask) => mask.dispose()));
  }
}

/**
 * The network's modules with masks, rounding and fusion.
 * @param kept receives the masks as tensors; the caller frees them
 */
function compressedModule(
  architecture: Architecture,
  { masks = {}, fakeQuantize = false, fuse = false }: PaperCompression,
  kept: tf.Tensor[],
): Sequential {
  const { modules } = buildModule(architecture);
  const compressed: (readonly [string, Module])[] = [];
  for (let i = 0; i < modules.length; i++) {
    const [name, plain] = modules[i]!;
    if (fakeQuantize && plain instanceof ReLU) {
      throw new RangeError(
        "a ReLU's outputs have no bound, so they cannot be rounded to int8 here",
      );
    }
    const isFused = fuse && modules[i + 1]?.[1] instanceof ReLU && isWeighted(plain);
    const module = isFused ? withReLU(plain) : plain;
    if (isFused) i++; // the ReLU is part of it
    if (isWeighted(module)) {
      const mask = masks[`${name}.weight`];
      if (mask) {
        const tensor = tf.tensor(Float32Array.from(mask), [...module.weight.shape]);
        kept.push(tensor);
        module.parametrizations.push((weight) => tf.mul(weight, tensor));
      }
      if (fakeQuantize) module.parametrizations.push(roundWeights);
    }
    compressed.push([name, module]);
    if (fakeQuantize && (module instanceof Tanh || module instanceof Sigmoid)) {
      compressed.push([`${name}.round`, new RoundActivations()]);
    }
  }
  return new Sequential(compressed);
}

function isWeighted(module: Module): module is Conv2d | Linear {
  return module instanceof Conv2d || module instanceof Linear;
}

/** A layer like another one, with ReLU in it. The other one's parameters are freed. */
function withReLU(layer: Conv2d | Linear): Conv2d | Linear {
  layer.dispose();
  return layer instanceof Conv2d
    ? new ConvReLU2d(layer.inChannels, layer.outChannels, layer.kernel)
    : new LinearReLU(layer.inFeatures, layer.outFeatures);
}

/** A convolution and ReLU as one module: the same operations in the same order. */
class ConvReLU2d extends Conv2d {
  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(super.forwardChannelsLast(image));
  }
}

/** A dense layer and ReLU as one module: the same operations in the same order. */
class LinearReLU extends Linear {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.relu(super.forward(input));
  }
}

/** Rounds the outputs of tanh and sigmoid, which lie in ±1, to multiples of 1/127. */
class RoundActivations extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return roundTo(input, tf.scalar(1 / INT8_MAX));
  }
}

/** Rounds the weights of each filter or unit to multiples of 1/127 of its largest one. */
function roundWeights(weight: tf.Tensor): tf.Tensor {
  const axes = weight.shape.map((_, axis) => axis).slice(1);
  const largest = tf.max(tf.abs(weight), axes, true);
  return roundTo(weight, tf.div(tf.maximum(largest, 1e-12), INT8_MAX));
}

/**
 * Quantizes and dequantizes. The gradient passes as if nothing was rounded (the straight-through
 * estimator).
 */
function roundTo(values: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const straightThrough = tf.customGrad((x) => ({
    value: tf.mul(
      tf.clipByValue(tf.round(tf.div(x as tf.Tensor, scale)), -INT8_MAX, INT8_MAX),
      scale,
    ),
    gradFunc: (dy: tf.Tensor) => dy,
  }));
  return straightThrough(values);
}
