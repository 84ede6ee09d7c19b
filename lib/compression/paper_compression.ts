/**
 * Compression as the report did it, on the PyTorch-style system: masks beside the weights, and rounding
 * to int8's numbers inside float32. Both add work to every pass and take none away.
 */
import * as tf from "../backend/tf.ts";
import type { Architecture } from "../model/architecture.ts";
import { Conv2d, Linear, Sequential, Tanh } from "../systems/torch/torch_layers.ts";
import { Module } from "../systems/torch/module.ts";
import { buildModule } from "../systems/torch/build_module.ts";
import { TorchSystem } from "../systems/torch/torch_system.ts";
import type { Masks } from "./masks.ts";
import { INT8_MAX } from "./quantization/quantize.ts";

/** What to do to each layer in each pass. */
export interface PaperCompression {
  /** As `torch.nn.utils.prune`: weight = weight_orig · weight_mask, anew in each forward pass. */
  readonly masks?: Masks;
  /** Rounds weights (a scale a filter or unit) and activations to what int8 could hold. */
  readonly fakeQuantize?: boolean;
}

/** A PyTorch-style system that prunes and quantizes as the report did. */
export class PaperCompressedSystem extends TorchSystem {
  readonly #masks: readonly tf.Tensor[];

  constructor(architecture: Architecture, compression: PaperCompression) {
    const masks: tf.Tensor[] = [];
    super(architecture, { model: compressedModule(architecture, compression, masks) });
    this.#masks = masks;
  }

  override dispose(): void {
    super.dispose();
    for (const mask of this.#masks) mask.dispose();
  }
}

/** @param kept gets the masks, for whoever frees them */
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

/** tanh's outputs, which lie in ±1, rounded to 1/127. */
class RoundActivations extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return roundTo(input, tf.scalar(1 / INT8_MAX));
  }
}

/** Rounds each filter or unit to 127 steps of its largest weight. */
function roundWeights(weight: tf.Tensor): tf.Tensor {
  const axes = weight.shape.map((_, axis) => axis).slice(1);
  const largest = tf.max(tf.abs(weight), axes, true);
  return roundTo(weight, tf.div(tf.maximum(largest, 1e-12), INT8_MAX));
}

/** Quantize and dequantize; to the gradient rounding is the identity (straight through). */
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
