import type { Activation } from "../../model/architecture.ts";
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import { requantizeSum } from "../../kernels/twins/int8_lanes_twin.ts";
import type { ActivationCurve } from "./quantized_activation.ts";
import {
  layerCurve,
  modelClasses,
  type QuantizedLayer,
  type QuantizedModel,
} from "./quantized_model.ts";
import { planQuantized } from "./plan_quantized.ts";

/** A layer with the formula of its activation. */
interface PreparedLayer {
  readonly layer: QuantizedLayer;
  readonly curve: ActivationCurve;
}

/**
 * Runs a quantized model in plain integers: images as bytes, 8-bit activations, 32-bit sums. It is the
 * readable reference of the int8 kernels, which must give the same bits.
 *
 * Max-pooling is done on the sums, before the activation. The result is the same, because the multiplier
 * is positive and no activation ever falls.
 */
export class IntegerNetwork {
  /** Number of classes. */
  readonly classes: number;
  readonly #convs: readonly (PreparedLayer & { readonly stage: ConvStage })[];
  readonly #denses: readonly (PreparedLayer & { readonly stage: DenseStage })[];
  readonly #inputLength: number;

  /**
   * A network in whole numbers, by plain loops.
   * @param name says why it computes in place of the kernels, if it does
   */
  constructor(readonly model: QuantizedModel, readonly name = "reference") {
    const { convs, denses, inputLength } = planQuantized(model.architecture);
    const ready = (activation: Activation | undefined, i: number): PreparedLayer => {
      const layer = model.layers[i]!;
      return { layer, curve: layerCurve(layer, activation) };
    };
    this.#convs = convs.map((stage, i) => ({ stage, ...ready(stage.activation, i) }));
    this.#denses = denses.map((stage, i) => ({
      ...{ stage, ...ready(stage.activation, convs.length + i) },
    }));
    this.#inputLength = inputLength;
    this.classes = modelClasses(model);
  }

  /**
   * Logits (count, classes) of images given as bytes, (count, channels, height, width), 0–255.
   * @throws RangeError if there are fewer bytes than `count` images have
   */
  predict(images: Uint8Array, count: number): Float32Array<ArrayBuffer> {
    if (images.length < count * this.#inputLength) {
      throw new RangeError(
        `${count} images of ${this.#inputLength} bytes were asked for, ${images.length} given`,
      );
    }
    const logits = new Float32Array(count * this.classes);
    for (let n = 0; n < count; n++) {
      let values: Uint8Array | Int8Array = images.subarray(
        n * this.#inputLength,
        (n + 1) * this.#inputLength,
      );
      for (const { stage, layer, curve } of this.#convs) values = conv(values, stage, layer, curve);
      for (const { stage, layer, curve } of this.#denses) {
        const sums = dense(values, stage, layer);
        if (stage.activation) {
          values = Int8Array.from(
            sums,
            (sum, i) => requantizeSum(sum, layer.multipliers[i]!, curve),
          );
        } else {
          sums.forEach((sum, i) =>
            logits[n * this.classes + i] = Math.fround(sum) * layer.multipliers[i]!
          );
        }
      }
    }
    return logits;
  }
}

function conv(
  input: Uint8Array | Int8Array,
  stage: ConvStage,
  { weight, bias, multipliers }: QuantizedLayer,
  curve: ActivationCurve,
): Int8Array {
  const { channels, height, width, filters, kernel, outHeight, outWidth } = stage;
  const output = new Int8Array(filters * outHeight * outWidth);
  const area = kernel * kernel;
  const sumAt = (f: number, y: number, x: number): number => {
    let sum = bias[f]!;
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        const from = (c * height + y + ky) * width + x;
        const at = (f * channels + c) * area + ky * kernel;
        for (let kx = 0; kx < kernel; kx++) sum += weight.values[at + kx]! * input[from + kx]!;
      }
    }
    return sum;
  };
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < 2 * outHeight; y += 2) {
      for (let x = 0; x < 2 * outWidth; x += 2) {
        const sum = Math.max(
          ...[sumAt(f, y, x), sumAt(f, y, x + 1), sumAt(f, y + 1, x), sumAt(f, y + 1, x + 1)],
        );
        output[at++] = requantizeSum(sum, multipliers[f]!, curve);
      }
    }
  }
  return output;
}

function dense(
  input: Uint8Array | Int8Array,
  { inputs, units }: DenseStage,
  { weight, bias }: QuantizedLayer,
): Int32Array {
  const sums = bias.slice();
  for (let unit = 0; unit < units; unit++) {
    for (let i = 0; i < inputs; i++) sums[unit]! += weight.values[unit * inputs + i]! * input[i]!;
  }
  return sums;
}
