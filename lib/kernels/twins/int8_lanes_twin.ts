/**
 * Readable twins of assembly/int8_lanes.ts: what stands between the whole-number products. A quad is four
 * 8-bit inputs in one 32-bit place; byte k of image n's quad q stands at 4·(8·q + n) + k.
 */
import { LANES } from "../memory_layout.ts";

/** Where byte k of image n's quad q stands. */
export function quadByte(q: number, n: number, k: number): number {
  return 4 * (LANES * q + n) + k;
}

/**
 * Eight images of bytes to quads: quad q holds an image's bytes step·q to step·q + 3, and at the image's
 * end what stands behind it in the memory.
 * @param images eight images, `stride` bytes apart
 * @param length bytes of an image
 * @param step 1, 2 or 4 bytes from a quad's first to the next one's
 * @returns quads of ⌈length / 16⌉ · 16 bytes of each image
 */
export function bytesToQuads(
  images: Uint8Array,
  stride: number,
  length: number,
  step: number,
): Uint8Array {
  const count = 16 * Math.ceil(length / 16) / step;
  const quads = new Uint8Array(4 * LANES * count);
  for (let q = 0; q < count; q++) {
    for (let n = 0; n < LANES; n++) {
      for (let k = 0; k < 4; k++) quads[quadByte(q, n, k)] = images[stride * n + step * q + k]!;
    }
  }
  return quads;
}

/**
 * Quads of four pixels below each other: byte k of (y, x) is the first byte of the quad (y + k, x).
 * @param from (height + 3, width) quads of step 1
 * @returns (height, width) quads
 */
export function columnQuads(from: Uint8Array, height: number, width: number): Uint8Array {
  const to = new Uint8Array(4 * LANES * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let n = 0; n < LANES; n++) {
        for (let k = 0; k < 4; k++) {
          to[quadByte(y * width + x, n, k)] = from[quadByte((y + k) * width + x, n, 0)]!;
        }
      }
    }
  }
  return to;
}

/** 1.5 · 2²³: a small number added to it is rounded to a whole one, halves to even. */
const ROUND = 12582912;

/**
 * The whole number, −127 to 127, that a sum becomes: with x = sum · multiplier, limited to low … high, it is
 * x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) + shift, rounded. Every operation is rounded once to float32, so
 * that all machines agree to the last bit.
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
      for (let n = 0; n < LANES; n++) {
        const sum = sums[LANES * (channel * positions + position) + n]!;
        const byte = requantizeSum(sum, multipliers[channel]!, curve) + ZERO_POINT;
        bytes[LANES * (toChannel * channel + toPosition * position) + n] = byte;
      }
    }
  }
  return bytes;
}

/**
 * Bytes to quads: quad q holds bytes step·q to step·q + 3.
 * @param bytes (step·count + 3) lanes of whole numbers from 0 to 255
 * @returns (count) quads
 */
export function packQuads(bytes: ArrayLike<number>, count: number, step: number): Uint8Array {
  const quads = new Uint8Array(4 * LANES * count);
  for (let q = 0; q < count; q++) {
    for (let n = 0; n < LANES; n++) {
      for (let k = 0; k < 4; k++) quads[quadByte(q, n, k)] = bytes[LANES * (step * q + k) + n]!;
    }
  }
  return quads;
}

/**
 * Sums of the last layer to logits, each times its unit's multiplier, in float32.
 * @param sums (units) lanes
 */
export function scaleSums(sums: Int32Array, multipliers: Float32Array): Float32Array {
  return Float32Array.from(
    sums,
    (sum, i) => Math.fround(sum) * multipliers[Math.floor(i / LANES)]!,
  );
}
