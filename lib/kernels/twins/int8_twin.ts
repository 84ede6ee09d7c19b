/**
 * Readable twins of assembly/int8.ts: products of signed 8-bit weights and bytes from 0 to 255, in
 * whole numbers. Inputs are lanes of packed int8x4, see int8_lanes_twin.ts. The kernels add four
 * products in 16 bits, so their weights must fit (`sumGroups` in lib/compression); the twins take
 * any.
 */
import { INT8_RECORD, INT8_UNITS, LANE_IMAGES } from "../kernel_constants.ts";
import { packedByte } from "./int8_lanes_twin.ts";

/** Four weights times four bytes, added. */
function dotInt8x4(weights: Int8Array, at: number, bytes: Uint8Array, from: number): number {
  let sum = 0;
  for (let k = 0; k < 4; k++) sum += weights[at + k]! * bytes[from + k]!;
  return sum;
}

/** Whether a byte above 127 counts as it is, not as a negative number. The kernels need that. */
export function takesBytes(): boolean {
  const weights = new Int8Array(4).fill(64), bytes = new Uint8Array(4).fill(255);
  return dotInt8x4(weights, 0, bytes, 0) === 4 * 64 * 255;
}

/** A convolution in whole numbers. */
export interface Int8ConvInput {
  /** Lanes of packed inputs. */
  readonly input: Uint8Array;
  /** Bytes from a packed input to that of the next pixel, and of the next row. */
  readonly right: number;
  readonly down: number;
  /**
   * For each two filters `pairs` records and, if `odd`, one more. A record has two offsets, in
   * bytes from a patch's start to a packed input x and to another, y; then the weights A(x), A(y),
   * B(x) and B(y) of the two filters. Of the last record, if `odd`, y does not count.
   */
  readonly records: Uint8Array;
  readonly pairs: number;
  readonly odd: boolean;
  /** (filters, rounded up to an even number) */
  readonly bias: Int32Array;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filters: number;
}

/**
 * Convolution and 2 × 2 max-pooling.
 * @returns (filters, outHeight, outWidth) lanes
 */
export function convPoolInt8(of: Int8ConvInput): Int32Array {
  const { input, right, down, records, pairs, odd, bias, outHeight, outWidth, filters } = of;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const weights = new Int8Array(records.buffer, records.byteOffset, records.byteLength);
  const each = pairs + (odd ? 1 : 0);
  const sumAt = (f: number, patch: number, n: number): number => {
    let sum = bias[f]!;
    for (let pair = 0; pair < each; pair++) {
      const record = INT8_RECORD * (Math.floor(f / 2) * each + pair);
      for (const second of pair < pairs ? [0, 1] : [0]) {
        const from = patch + view.getUint32(record + 4 * second, true) + 4 * n;
        sum += dotInt8x4(weights, record + 8 + 8 * (f % 2) + 4 * second, input, from);
      }
    }
    return sum;
  };
  const output = new Int32Array(filters * outHeight * outWidth * LANE_IMAGES);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let py = 0; py < outHeight; py++) {
      for (let px = 0; px < outWidth; px++) {
        const corner = 2 * py * down + 2 * px * right;
        const patches = [corner, corner + right, corner + down, corner + down + right];
        for (let n = 0; n < LANE_IMAGES; n++) {
          output[at++] = Math.max(...patches.map((patch) => sumAt(f, patch, n)));
        }
      }
    }
  }
  return output;
}

/** A dense layer in whole numbers. */
export interface Int8DenseInput {
  /** (2·pairs) packed inputs */
  readonly input: Uint8Array;
  /** Pairs of packed inputs. */
  readonly pairs: number;
  /** (units / 8, pairs, 8, 2, 4) */
  readonly weights: Int8Array;
  /** (units) */
  readonly bias: Int32Array;
  /** A multiple of 8. */
  readonly units: number;
}

/** A dense layer's sums: (units) lanes. */
export function denseInt8({ input, pairs, weights, bias, units }: Int8DenseInput): Int32Array {
  const output = new Int32Array(units * LANE_IMAGES);
  for (let unit = 0; unit < units; unit++) {
    for (let n = 0; n < LANE_IMAGES; n++) {
      let sum = bias[unit]!;
      for (let pair = 0; pair < pairs; pair++) {
        for (const second of [0, 1]) {
          const tile = Math.floor(unit / INT8_UNITS);
          const row = (tile * pairs + pair) * INT8_UNITS + unit % INT8_UNITS;
          sum += dotInt8x4(
            weights,
            8 * row + 4 * second,
            input,
            packedByte(2 * pair + second, n, 0),
          );
        }
      }
      output[LANE_IMAGES * unit + n] = sum;
    }
  }
  return output;
}
