/**
 * Readable twins of assembly/int8.ts: products of signed 8-bit weights and bytes from 0 to 255, in whole
 * numbers. Inputs are lanes of quads, see int8_lanes_twin.ts. The kernels add four products in 16 bits, so
 * their weights must fit (`sumGroups` in lib/compression); the twins take any.
 */
import { LANES } from "../memory_layout.ts";
import { quadByte } from "./int8_lanes_twin.ts";

/** Four weights times four bytes, added. */
function dotQuad(weights: Int8Array, at: number, bytes: Uint8Array, from: number): number {
  let sum = 0;
  for (let k = 0; k < 4; k++) sum += weights[at + k]! * bytes[from + k]!;
  return sum;
}

/** Whether a byte above 127 counts as it is, and not as a negative number. The kernels need that. */
export function takesBytes(): boolean {
  const weights = new Int8Array(4).fill(64), bytes = new Uint8Array(4).fill(255);
  return dotQuad(weights, 0, bytes, 0) === 4 * 64 * 255;
}

/** Bytes of a record of two filters: two offsets of 32 bits, then weights A(x), A(y), B(x), B(y). */
export const RECORD_BYTES = 24;

/** A convolution in whole numbers. */
export interface Int8ConvInput {
  /** Lanes of quads. */
  readonly input: Uint8Array;
  /** Bytes from a quad to that of the next pixel, and of the next row. */
  readonly right: number;
  readonly down: number;
  /**
   * For each pair of filters `units` records and, if `odd`, one whose second quad does not count. An offset
   * counts bytes from a patch's start to a quad.
   */
  readonly records: Uint8Array;
  readonly units: number;
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
  const { input, right, down, records, units, odd, bias, outHeight, outWidth, filters } = of;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const weights = new Int8Array(records.buffer, records.byteOffset, records.byteLength);
  const perPair = units + (odd ? 1 : 0);
  const sumAt = (f: number, patch: number, n: number): number => {
    let sum = bias[f]!;
    for (let unit = 0; unit < perPair; unit++) {
      const record = RECORD_BYTES * (Math.floor(f / 2) * perPair + unit);
      for (const quad of unit < units ? [0, 1] : [0]) {
        const from = patch + view.getUint32(record + 4 * quad, true) + 4 * n;
        sum += dotQuad(weights, record + 8 + 8 * (f % 2) + 4 * quad, input, from);
      }
    }
    return sum;
  };
  const output = new Int32Array(filters * outHeight * outWidth * LANES);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let py = 0; py < outHeight; py++) {
      for (let px = 0; px < outWidth; px++) {
        const corner = 2 * py * down + 2 * px * right;
        const patches = [corner, corner + right, corner + down, corner + down + right];
        for (let n = 0; n < LANES; n++) {
          output[at++] = Math.max(...patches.map((patch) => sumAt(f, patch, n)));
        }
      }
    }
  }
  return output;
}

/** Units that the kernel computes at a time. */
const TILE = 8;

/** A dense layer in whole numbers. */
export interface Int8DenseInput {
  /** (2·pairs) quads */
  readonly input: Uint8Array;
  /** Pairs of quads. */
  readonly pairs: number;
  /** (units / 8, pairs, 8, 2 quads, 4) */
  readonly weights: Int8Array;
  /** (units) */
  readonly bias: Int32Array;
  /** A multiple of 8. */
  readonly units: number;
}

/** A dense layer's sums: (units) lanes. */
export function denseInt8({ input, pairs, weights, bias, units }: Int8DenseInput): Int32Array {
  const output = new Int32Array(units * LANES);
  for (let unit = 0; unit < units; unit++) {
    for (let n = 0; n < LANES; n++) {
      let sum = bias[unit]!;
      for (let pair = 0; pair < pairs; pair++) {
        for (const quad of [0, 1]) {
          const tile = Math.floor(unit / TILE);
          const row = (tile * pairs + pair) * TILE + unit % TILE;
          sum += dotQuad(weights, 8 * row + 4 * quad, input, quadByte(2 * pair + quad, n, 0));
        }
      }
      output[LANES * unit + n] = sum;
    }
  }
  return output;
}
