/**
 * Compression as the paper did it, on the PyTorch-style system: masks beside the weights, and weights and
 * activations that are rounded to the numbers of int8 but stay float32. Both add work to every pass and
 * remove none.
 */
import * as tf from "../backend/tf.ts";
import type { Architecture } from "../model/architecture.ts";
import { Conv2d, Linear, Sequential, Tanh } from "../systems/torch/torch_layers.ts";
import { Module } from "../systems/torch/module.ts";
import { buildModule } from "../systems/torch/build_module.ts";
import { TorchSystem } from "../systems/torch/torch_system.ts";
import type { Masks } from "./masks.ts";
import { INT8_MAX } from "./quantization/quantize.ts";

/** What the paper's compression does to each layer, anew in each forward pass. */
export interface PaperCompression {
  /** Multiplies weights with masks, as `torch.nn.utils.prune` does: weight = weight_orig · weight_mask. */
  readonly masks?: Masks;
  /** Rounds weights (per channel: one scale for each filter or unit) and activations to int8's numbers. */
  readonly fakeQuantize?: boolean;
}

/** A PyTorch-style system that prunes and quantizes as the paper did. */
export class PaperCompressedSystem extends TorchSystem {
  readonly #masks: readonly tf.Tensor[];

  constructor(architecture: Architecture, compression: PaperCompression) {
    const masks: tf.Tensor[] = [];
    super(architecture, { model: compressedModule(architecture, compression, masks) });
    this.#masks = masks;
  }

  protected override free(): void {
    super.free();
    for (const mask of this.#masks) mask.dispose();
  }
}

/**
 * The network's modules with masks and rounding added.
 * @param kept receives the masks as tensors; the caller frees them
 */
function compressedModule(
  architecture: Architecture,
  { masks = {}, fakeQuantize = false }: PaperCompression,
  kept: tf.Tensor[],
): Sequential {
  return new Sequential(
    buildModule(architecture).modules.flatMap(([name, module]) => {
      if (module instanceof Conv2d || module instanceof Linear) {
        const mask = masks[`${name}.weight`];
        if (mask) {
          const tensor = tf.tensor(Float32Array.from(mask), [...module.weight.shape]);
          kept.push(tensor);
          module.parametrizations.push((weight) => tf.mul(weight, tensor));
        }
        if (fakeQuantize) module.parametrizations.push(roundWeights);
      }
      const after = fakeQuantize && module instanceof Tanh;
      return after
        ? [[name, module] as const, [`${name}.round`, new RoundActivations()] as const]
        : [[name, module] as const];
    }),
  );
}

/** Rounds the outputs of tanh, which lie in ±1, to multiples of 1/127. */
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
