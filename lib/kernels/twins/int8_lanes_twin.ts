/**
 * Readable twins of assembly/int8_lanes.ts: what stands between the whole-number products. A packed
 * int8x4 is four 8-bit inputs in one 32-bit place. Byte k of the packed number q of image n stands at
 * 4·(8·q + n) + k.
 */
import { LANE_IMAGES } from "../kernel_constants.ts";

/** Where byte k of the packed number q of image n stands. */
export function packedByte(q: number, n: number, k: number): number {
  return 4 * (LANE_IMAGES * q + n) + k;
}

/**
 * Eight images of bytes to packed int8x4: number q holds an image's bytes step·q to step·q + 3, and
 * at the image's end what stands behind it in the memory.
 * @param images eight images, `stride` bytes apart
 * @param length bytes of an image
 * @param step 1, 2 or 4 bytes from a packed number's first to the next one's
 * @returns packed numbers of ⌈length / 16⌉ · 16 bytes of each image
 */
export function bytesToInt8x4(
  images: Uint8Array,
  stride: number,
  length: number,
  step: number,
): Uint8Array {
  const count = 16 * Math.ceil(length / 16) / step;
  const packed = new Uint8Array(4 * LANE_IMAGES * count);
  for (let q = 0; q < count; q++) {
    for (let n = 0; n < LANE_IMAGES; n++) {
      for (let k = 0; k < 4; k++) packed[packedByte(q, n, k)] = images[stride * n + step * q + k]!;
    }
  }
  return packed;
}

/**
 * Packed int8x4 of four pixels below each other: byte k of the packed number (y, x) is the first byte
 * of number (y + k, x) in `from`.
 * @param from (height + 3, width) packed numbers of step 1
 * @returns (height, width) packed numbers
 */
export function columnInt8x4(from: Uint8Array, height: number, width: number): Uint8Array {
  const to = new Uint8Array(4 * LANE_IMAGES * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let n = 0; n < LANE_IMAGES; n++) {
        for (let k = 0; k < 4; k++) {
          to[packedByte(y * width + x, n, k)] = from[packedByte((y + k) * width + x, n, 0)]!;
        }
      }
    }
  }
  return to;
}

/** 1.5 · 2²³: a small number added to it is rounded to a whole one, halves to even. */
const ROUND = 12582912;

/**
 * The whole number, −127 to 127, that a sum becomes: with x = sum · multiplier, limited to low …
 * high, it is x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) + shift, rounded. Every operation is rounded
 * once to float32, so that all machines agree to the last bit.
 * @param curve a₀, a₁, a₂, b₁, b₂, low, high, shift
 */
export function requantizeSum(sum: number, multiplier: number, curve: Float32Array): number {
  const [a0, a1, a2, b1, b2, low, high, shift] = curve as unknown as Eight;
  const f = Math.fround;
  const x = Math.min(Math.max(f(f(sum) * multiplier), low), high);
  const u = f(x * x);
  const p = f(f(f(f(a2 * u) + a1) * u) + a0);
  const d = f(f(f(f(b2 * u) + b1) * u) + 1);
  return f(f(f(f(x * p) / d) + shift) + ROUND) - ROUND;
}

type Eight = readonly [number, number, number, number, number, number, number, number];

/** What the kernels take for zero among the inputs of all layers but the first. */
const ZERO_POINT = 128;

/** Sums, and where their bytes go. */
export interface RequantizeInput {
  /** (channels, positions) lanes of whole numbers */
  readonly sums: Int32Array;
  readonly channels: number;
  readonly positions: number;
  /** (channels) */
  readonly multipliers: Float32Array;
  readonly curve: Float32Array;
  /** The byte of (channel, position) goes to lanes toChannel·channel + toPosition·position. */
  readonly toChannel: number;
  readonly toPosition: number;
}

/**
 * Activations of sums as bytes from 1 to 255, with zero at 128.
 * @returns (channels · positions) lanes of whole numbers
 */
export function requantize(of: RequantizeInput): Int32Array {
  const { sums, channels, positions, multipliers, curve, toChannel, toPosition } = of;
  const bytes = new Int32Array(sums.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let position = 0; position < positions; position++) {
      for (let n = 0; n < LANE_IMAGES; n++) {
        const sum = sums[LANE_IMAGES * (channel * positions + position) + n]!;
        const byte = requantizeSum(sum, multipliers[channel]!, curve) + ZERO_POINT;
        bytes[LANE_IMAGES * (toChannel * channel + toPosition * position) + n] = byte;
      }
    }
  }
  return bytes;
}

/**
 * Bytes to packed int8x4: the packed number q holds bytes step·q to step·q + 3.
 * @param bytes (step·count + 3) lanes of whole numbers from 0 to 255
 * @returns (count) packed numbers
 */
export function packInt8x4(bytes: ArrayLike<number>, count: number, step: number): Uint8Array {
  const packed = new Uint8Array(4 * LANE_IMAGES * count);
  for (let q = 0; q < count; q++) {
    for (let n = 0; n < LANE_IMAGES; n++) {
      for (let k = 0; k < 4; k++) {
        packed[packedByte(q, n, k)] = bytes[LANE_IMAGES * (step * q + k) + n]!;
      }
    }
  }
  return packed;
}

/**
 * Sums of the last layer to logits, each times its unit's multiplier, in float32.
 * @param sums (units) lanes
 */
export function scaleSums(sums: Int32Array, multipliers: Float32Array): Float32Array {
  return Float32Array.from(
    sums,
    (sum, i) => Math.fround(sum) * multipliers[Math.floor(i / LANE_IMAGES)]!,
  );
}
