// What stands between the whole-number products: bytes into packed int8x4, sums into the next
// layer's bytes.
//
// An int8x4 is four 8-bit inputs in one 32-bit place, so a lane row of them serves eight images
// with 32 inputs. Number n holds bytes n·step … n·step + 3, where step, 1, 2 or 4, lets a patch
// start at any pixel.

import { LANE_ROW } from "../kernel_constants";
import { Requantization } from "./layers";
import { VECTOR } from "./vectors";

/**
 * 1.5 · 2²³, plus 128: the sum with a small x has round(x) + 128 in its low byte, halves to even.
 */
const ROUND: f32 = 12582912.0 + 128.0;
/**
 * 1, that number, and its bits without those of the sum's low byte; read from memory, see math.ts.
 */
const CONSTANTS: StaticArray<f32> = [1, ROUND, 12582912.0];

/**
 * Eight images of bytes, `stride` apart, to lanes of packed int8x4.
 * @param length bytes of an image, rounded up to 16 inside: `images` and `packed` need the room
 */
export function bytesToInt8x4(
  images: usize,
  stride: usize,
  length: i32,
  step: i32,
  packed: usize,
): void {
  for (let half: usize = 0; half < 2; half++, images += 4 * stride) {
    for (let phase = 0; phase < 4; phase += step) {
      let p = images + phase, to = packed + 16 * half + <usize> (phase / step) * LANE_ROW;
      const apart = <usize> (4 / step) * LANE_ROW;
      for (const end = p + length; p < end; p += 16, to += 4 * apart) {
        const a = v128.load(p), b = v128.load(p + stride);
        const c = v128.load(p + 2 * stride), d = v128.load(p + 3 * stride);
        const e = v128.shuffle<i32>(a, b, 0, 4, 1, 5), f = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
        const g = v128.shuffle<i32>(c, d, 0, 4, 1, 5), h = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<i64>(e, g, 0, 2));
        v128.store(to + apart, v128.shuffle<i64>(e, g, 1, 3));
        v128.store(to + 2 * apart, v128.shuffle<i64>(f, h, 0, 2));
        v128.store(to + 3 * apart, v128.shuffle<i64>(f, h, 1, 3));
      }
    }
  }
}

/**
 * Packed int8x4 of four pixels below each other, from those of step 1 and the same number of them:
 * (y, x), (y + 1, x), (y + 2, x), (y + 3, x). Those that reach below the image mean nothing.
 * Each is the one above it moved up by a byte, with a new byte at its end.
 * @param from readable for three rows more
 * @param to writable from three rows before
 */
export function columnInt8x4(from: usize, height: i32, width: i32, to: usize): void {
  const row = <usize> width * LANE_ROW, zero = i32x4.splat(0);
  for (let y = -3; y < height; y++) {
    let p = from + (y + 3) * row, q = to + y * row;
    for (const end = p + row; p < end; p += VECTOR, q += VECTOR) {
      const above = q - row;
      const $above = y == -3 ? zero : v128.load(above);
      v128.store(q, v128.or(i32x4.shr_u($above, 8), i32x4.shl(v128.load(p), 24)));
    }
  }
}

/**
 * Activations of sums, as whole numbers from 1 to 255 with zero at 128: x = sum · multiplier,
 * limited to low … high, then x·(a₀ + a₁x² + a₂x⁴) / (1 + b₁x² + b₂x⁴) + shift, rounded.
 *
 * @param sums (channels, positions) in lanes, 32-bit whole numbers
 * @param to bytes in lanes of 32 bits of which the upper 24 are zero
 */
export function requantize(layer: Requantization, sums: usize, to: usize): void {
  const channels = layer.channels, positions = layer.positions, curve = layer.curve;
  const toChannel = layer.toChannel, toPosition = layer.toPosition;
  let multipliers = layer.multipliers;
  const a0 = v128.load32_splat(curve),
    a1 = v128.load32_splat(curve, 4),
    a2 = v128.load32_splat(curve, 8);
  const b1 = v128.load32_splat(curve, 12), b2 = v128.load32_splat(curve, 16);
  const low = v128.load32_splat(curve, 20),
    high = v128.load32_splat(curve, 24),
    shift = v128.load32_splat(curve, 28);
  const constants = changetype<usize>(CONSTANTS);
  const one = v128.load32_splat(constants), round = v128.load32_splat(constants, 4);
  const exponent = v128.load32_splat(constants, 8);
  for (let channel = 0; channel < channels; channel++, multipliers += 4, to += toChannel) {
    const multiplier = v128.load32_splat(multipliers);
    let place = to;
    for (
      const end = sums + <usize> positions * LANE_ROW;
      sums < end;
      sums += LANE_ROW, place += toPosition
    ) {
      const $$sum = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), multiplier);
      const $$x = f32x4.pmin(f32x4.pmax($$sum, low), high);
      const $$u = f32x4.mul($$x, $$x);
      const $$p = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(a2, $$u), a1), $$u), a0);
      const $$q = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(b2, $$u), b1), $$u), one);
      const $$y = f32x4.add(f32x4.div(f32x4.mul($$x, $$p), $$q), shift);
      v128.store(place, v128.xor(f32x4.add($$y, round), exponent));
    }
  }
}

/** x on the curve, as `requantize` rounds it: four bytes in lanes of 32 bits. */
export function roundToBytes(sum: v128, curve: usize): v128 {
  const constants = changetype<usize>(CONSTANTS);
  const one = v128.load32_splat(constants), round = v128.load32_splat(constants, 4);
  const low = v128.load32_splat(curve, 20), high = v128.load32_splat(curve, 24);
  const x = f32x4.pmin(f32x4.pmax(sum, low), high), u = f32x4.mul(x, x);
  const a0 = v128.load32_splat(curve), a1 = v128.load32_splat(curve, 4);
  const b1 = v128.load32_splat(curve, 12);
  const p = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(v128.load32_splat(curve, 8), u), a1), u), a0);
  const q = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(v128.load32_splat(curve, 16), u), b1), u), one);
  const y = f32x4.add(f32x4.div(f32x4.mul(x, p), q), v128.load32_splat(curve, 28));
  return v128.xor(f32x4.add(y, round), v128.load32_splat(constants, 8));
}

/**
 * Bytes in lanes of 32 bits to `count` packed, `step` bytes apart; reads up to three bytes more.
 */
export function packInt8x4(bytes: usize, count: i32, step: i32, packed: usize): void {
  const apart = <usize> step * LANE_ROW;
  for (
    const end = packed + <usize> count * LANE_ROW;
    packed < end;
    packed += LANE_ROW, bytes += apart
  ) {
    for (let half = 0; half < LANE_ROW; half += VECTOR) {
      const p = bytes + half;
      const $low = v128.or(v128.load(p), i32x4.shl(v128.load(p, 32), 8));
      const $next = v128.or(v128.load(p, 64), i32x4.shl(v128.load(p, 96), 8));
      v128.store(packed + half, v128.or($low, i32x4.shl($next, 16)));
    }
  }
}

/** Sums of the last layer to logits: (units) in lanes, each times its multiplier. */
export function scaleSums(layer: Requantization, sums: usize, to: usize): void {
  const units = layer.channels;
  let multipliers = layer.multipliers;
  for (
    const end = sums + <usize> units * LANE_ROW;
    sums < end;
    sums += LANE_ROW, to += LANE_ROW, multipliers += 4
  ) {
    const multiplier = v128.load32_splat(multipliers);
    const $$logit = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), multiplier);
    v128.store(to, $$logit);
  }
}
