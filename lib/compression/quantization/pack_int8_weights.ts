/** A quantized layer's numbers in the order in which the kernels read them. */
import { INT8_RECORD, INT8_UNITS } from "../../kernels/kernel_constants.ts";
import type { Int8x4 } from "./packed_int8.ts";
import type { QuantizedLayer } from "./quantized_model.ts";

/** What zero is among the inputs of all layers but the first, whose bytes are not negative. */
const ZERO_POINT = 128;

/** Biases, with what the zero point of the inputs adds to each sum taken off. */
export function startingSums({ weight, bias }: QuantizedLayer, isFirst: boolean): Int32Array {
  const each = weight.values.length / bias.length;
  const sums = new Int32Array(Math.ceil(bias.length / INT8_UNITS) * INT8_UNITS);
  bias.forEach((b, unit) => {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    sums[unit] = b - (isFirst ? 0 : ZERO_POINT * row.reduce((sum, q) => sum + q, 0));
  });
  return sums;
}

/** Records of `convPoolInt8`: two offsets, then the weights of two filters for both inputs of a pair. */
export function packConvWeights(
  { weight, bias }: QuantizedLayer,
  inputs: readonly Int8x4[],
  offset: (input: Int8x4) => number,
): Uint8Array {
  const each = weight.values.length / bias.length;
  const packed = new Uint8Array(
    Math.ceil(bias.length / 2) * Math.ceil(inputs.length / 2) * INT8_RECORD,
  );
  const view = new DataView(packed.buffer);
  let at = 0;
  for (let filter = 0; filter < bias.length; filter += 2) {
    for (let i = 0; i < inputs.length; i += 2, at += INT8_RECORD) {
      inputs.slice(i, i + 2).forEach((input, half) => {
        view.setUint32(at + 4 * half, offset(input), true);
        for (const odd of [0, 1]) {
          if (filter + odd === bias.length) continue;
          const row = weight.values.subarray((filter + odd) * each);
          input.taps.forEach((tap, k) => {
            if (tap >= 0) view.setInt8(at + 8 + 8 * odd + 4 * half + k, row[tap]!);
          });
        }
      });
    }
  }
  return packed;
}

/** Weights of `denseInt8`: eight units' packed weights side by side, pair after pair. */
export function packDenseWeights(
  { weight, bias }: QuantizedLayer,
  inputs: readonly Int8x4[],
): Uint8Array {
  const each = weight.values.length / bias.length;
  const rowBytes = Math.ceil(inputs.length / 2) * 8; // an odd number is filled up with zeros
  const packed = new Int8Array(Math.ceil(bias.length / INT8_UNITS) * INT8_UNITS * rowBytes);
  for (let unit = 0; unit < bias.length; unit++) {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    const block = (unit - unit % INT8_UNITS) * rowBytes;
    inputs.forEach(({ taps }, i) => {
      const at = block + (i >> 1) * INT8_UNITS * 8 + unit % INT8_UNITS * 8 + i % 2 * 4;
      taps.forEach((tap, k) => {
        if (tap >= 0) packed[at + k] = row[tap]!;
      });
    });
  }
  return new Uint8Array(packed.buffer);
}
