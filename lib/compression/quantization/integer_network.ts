import type { ConvStage, DenseStage } from "../../systems/numpy/kernels/plan.ts";
import {
  modelClasses,
  planQuantized,
  type QuantizedLayer,
  type QuantizedModel,
  TABLE_END,
  tanhTable,
} from "./model.ts";

/** A layer with all that it needs to run. */
interface Ready {
  readonly layer: QuantizedLayer;
  readonly table: Int8Array;
}

/**
 * Runs a quantized model in plain integers: bytes in, 8-bit activations, 32-bit accumulators. Readable
 * and exact, what faster code is held against.
 *
 * From an accumulator to the next layer's input: times a float32 multiplier, rounded to the nearest
 * step (halves to even) of a table of tanh. Max-pooling comes first, on the accumulators: the
 * multiplier is positive and tanh never falls.
 */
export class IntegerNetwork {
  readonly classes: number;
  readonly #convs: readonly (Ready & { readonly stage: ConvStage })[];
  readonly #denses: readonly (Ready & { readonly stage: DenseStage })[];
  readonly #inputLength: number;

  constructor(readonly model: QuantizedModel) {
    const { convs, denses, inputLength } = planQuantized(model.architecture);
    const ready = (i: number): Ready => {
      const layer = model.layers[i]!;
      return { layer, table: tanhTable(layer.outputScale) };
    };
    this.#convs = convs.map((stage, i) => ({ stage, ...ready(i) }));
    this.#denses = denses.map((stage, i) => ({ stage, ...ready(convs.length + i) }));
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
      for (const { stage, layer, table } of this.#convs) values = conv(values, stage, layer, table);
      for (const { stage, layer, table } of this.#denses) {
        const sums = dense(values, stage, layer);
        if (stage.activation) {
          values = Int8Array.from(sums, (sum, i) => activate(sum, layer.multipliers[i]!, table));
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
  table: Int8Array,
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
        output[at++] = activate(sum, multipliers[f]!, table);
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

/** tanh of an accumulator, as the next layer's int8. */
function activate(sum: number, multiplier: number, table: Int8Array): number {
  const step = roundHalfEven(Math.fround(Math.fround(sum) * multiplier));
  return table[Math.max(-TABLE_END, Math.min(TABLE_END, step)) + TABLE_END]!;
}

/** To the nearest whole number, halves to even: what SIMD's `nearest` does. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x), rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
