// Whole-number products of 8-bit weights and inputs, for eight images in lanes of packed int8x4:
// four neighbouring bytes in one 32-bit place.
//
// Two of them, x and y, with their weights w and u, make a pair. A vector operation multiplies
// sixteen bytes and adds neighbours, into 16 bits; the results of x and y are added in 16 bits, and
// only then do neighbours join in 32:
//
//     x: x0 x1 x2 x3      w0·x0 + w1·x1 + u0·y0 + u1·y1   }  sum += both
//     y: y0 y1 y2 y3      w2·x2 + w3·x3 + u2·y2 + u3·y3   }
//
// Five operations for 32 products; in the builds with DOT, for machines that have one operation for
// "sum += four products", it is two. 16 bits are enough because the four weights of such a sum are
// chosen so: those of one sign add up to at most 128, times an input of at most 255 (`sumGroups`,
// in TypeScript).

import { INT8_RECORD, INT8_UNITS, LANE_ROW } from "../kernel_constants";
import { Int8ConvLayer, Int8DenseLayer } from "./layers";
import { VECTOR } from "./vectors";

/** Ones in 16 bits; read from memory, since V8 would rebuild the constant at every use. */
export const ONES: StaticArray<u32> = [0x00010001];

/** sum + w·x + u·y: bytes of w and u are signed, those of x and y are not. */
function dot(w: v128, x: v128, u: v128, y: v128, ones: v128, sum: v128): v128 {
  if (DOT) return dotOne(u, y, ones, dotOne(w, x, ones, sum));
  const products = i16x8.add(
    i16x8.relaxed_dot_i8x16_i7x16_s(w, x),
    i16x8.relaxed_dot_i8x16_i7x16_s(u, y),
  );
  return i32x4.add(sum, i32x4.dot_i16x8_s(products, ones));
}

/** sum + w·x alone. */
export function dotOne(w: v128, x: v128, ones: v128, sum: v128): v128 {
  if (DOT) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, sum);
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x), ones));
}

function largest(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return i32x4.max_s(i32x4.max_s(x0, x1), i32x4.max_s(x2, x3));
}

/**
 * Weights of 64, then inputs of 255; in memory, since the compiler would compute with its own
 * rules.
 */
const PROBE: StaticArray<u32> = [0x40404040, 0xffffffff];

/**
 * Whether the machine takes the second operand's bytes as 0 to 255, which the standard leaves open
 * for those above 127.
 */
export function takesBytes(): bool {
  const at = changetype<usize>(PROBE), ones = v128.load32_splat(changetype<usize>(ONES));
  const sum = dotOne(v128.load32_splat(at), v128.load32_splat(at, 4), ones, i32x4.splat(0));
  return i32x4.extract_lane(sum, 0) == 4 * 64 * 255;
}

/**
 * Convolution and 2 × 2 max-pooling. Tile: two filters × the four positions of a window.
 * @param output (filters, height', width') in lanes, 32-bit sums
 * @param used bytes of the lanes that matter: 32, or 16 for up to four images (narrow build)
 */
export function convPoolInt8(layer: Int8ConvLayer, input: usize, output: usize, used: i32): void {
  const records = layer.records, pairs = layer.pairs, odd = layer.odd, bias = layer.bias;
  const right = layer.right, down = layer.down, filters = layer.filters;
  const outWidth = layer.outWidth, outHeight = layer.outHeight;
  const outPlane = <usize> (outWidth * outHeight) * LANE_ROW;
  const pairBytes = <usize> (pairs + odd) * INT8_RECORD;
  const ones = v128.load32_splat(changetype<usize>(ONES));
  for (let py = 0; py < outHeight; py++) {
    let pair = records;
    for (let f = 0; f < filters; f += 2, pair += pairBytes) {
      const biasA = v128.load32_splat(bias + (<usize> f << 2));
      const biasB = v128.load32_splat(bias + (<usize> f << 2), 4);
      let to = output + <usize> f * outPlane + <usize> (py * outWidth) * LANE_ROW;
      let corner = input + 2 * py * down;
      for (let px = 0; px < outWidth; px++, to += LANE_ROW, corner += 2 * right) {
        for (let half = 0; half < used; half += VECTOR) {
          let $a0 = biasA, $a1 = biasA, $a2 = biasA, $a3 = biasA;
          let $b0 = biasB, $b1 = biasB, $b2 = biasB, $b3 = biasB;
          const window = corner + half;
          let r = pair;
          for (const end = r + <usize> pairs * INT8_RECORD; r < end; r += INT8_RECORD) {
            let p = window + load<u32>(r), q = window + load<u32>(r, 4);
            const all = v128.load(r, 8);
            const wa = v128.shuffle<i32>(all, all, 0, 0, 0, 0);
            const ua = v128.shuffle<i32>(all, all, 1, 1, 1, 1);
            const wb = v128.shuffle<i32>(all, all, 2, 2, 2, 2);
            const ub = v128.shuffle<i32>(all, all, 3, 3, 3, 3);
            let $x = v128.load(p), $y = v128.load(q);
            $a0 = dot(wa, $x, ua, $y, ones, $a0);
            $b0 = dot(wb, $x, ub, $y, ones, $b0);
            $x = v128.load(p + right), $y = v128.load(q + right);
            $a1 = dot(wa, $x, ua, $y, ones, $a1);
            $b1 = dot(wb, $x, ub, $y, ones, $b1);
            p += down, q += down;
            $x = v128.load(p), $y = v128.load(q);
            $a2 = dot(wa, $x, ua, $y, ones, $a2);
            $b2 = dot(wb, $x, ub, $y, ones, $b2);
            $x = v128.load(p + right), $y = v128.load(q + right);
            $a3 = dot(wa, $x, ua, $y, ones, $a3);
            $b3 = dot(wb, $x, ub, $y, ones, $b3);
          }
          if (odd) {
            const p = window + load<u32>(r);
            const wa = v128.load32_splat(r, 8), wb = v128.load32_splat(r, 16);
            let $x = v128.load(p), $y = v128.load(p + right);
            $a0 = dotOne(wa, $x, ones, $a0), $a1 = dotOne(wa, $y, ones, $a1);
            $b0 = dotOne(wb, $x, ones, $b0), $b1 = dotOne(wb, $y, ones, $b1);
            $x = v128.load(p + down), $y = v128.load(p + right + down);
            $a2 = dotOne(wa, $x, ones, $a2), $a3 = dotOne(wa, $y, ones, $a3);
            $b2 = dotOne(wb, $x, ones, $b2), $b3 = dotOne(wb, $y, ones, $b3);
          }
          v128.store(to + half, largest($a0, $a1, $a2, $a3));
          v128.store(to + half + outPlane, largest($b0, $b1, $b2, $b3));
        }
      }
    }
  }
}

/**
 * A dense layer's sums. Tile: eight units.
 * @param output (units, a multiple of 8) in lanes, 32-bit sums
 * @param used see `convPoolInt8`
 */
export function denseInt8(layer: Int8DenseLayer, input: usize, output: usize, used: i32): void {
  const pairs = layer.pairs, units = layer.units;
  let weights = layer.weights, bias = layer.bias;
  const ones = v128.load32_splat(changetype<usize>(ONES));
  const bytes = <usize> pairs << 6;
  for (
    let unit = 0;
    unit < units;
    unit += INT8_UNITS, weights += bytes, bias += 4 * INT8_UNITS, output += INT8_UNITS * LANE_ROW
  ) {
    for (let half = 0; half < used; half += VECTOR) {
      let $s0 = v128.load32_splat(bias);
      let $s1 = v128.load32_splat(bias, 4);
      let $s2 = v128.load32_splat(bias, 8);
      let $s3 = v128.load32_splat(bias, 12);
      let $s4 = v128.load32_splat(bias, 16);
      let $s5 = v128.load32_splat(bias, 20);
      let $s6 = v128.load32_splat(bias, 24);
      let $s7 = v128.load32_splat(bias, 28);
      let p = input + half, w = weights;
      for (const end = w + bytes; w < end; w += 64, p += 2 * LANE_ROW) {
        const $x = v128.load(p), $y = v128.load(p, LANE_ROW);
        let two = v128.load(w);
        let wa = v128.shuffle<i32>(two, two, 0, 0, 0, 0),
          ua = v128.shuffle<i32>(two, two, 1, 1, 1, 1);
        let wb = v128.shuffle<i32>(two, two, 2, 2, 2, 2),
          ub = v128.shuffle<i32>(two, two, 3, 3, 3, 3);
        $s0 = dot(wa, $x, ua, $y, ones, $s0);
        $s1 = dot(wb, $x, ub, $y, ones, $s1);
        two = v128.load(w, 16);
        wa = v128.shuffle<i32>(two, two, 0, 0, 0, 0), ua = v128.shuffle<i32>(two, two, 1, 1, 1, 1);
        wb = v128.shuffle<i32>(two, two, 2, 2, 2, 2), ub = v128.shuffle<i32>(two, two, 3, 3, 3, 3);
        $s2 = dot(wa, $x, ua, $y, ones, $s2);
        $s3 = dot(wb, $x, ub, $y, ones, $s3);
        two = v128.load(w, 32);
        wa = v128.shuffle<i32>(two, two, 0, 0, 0, 0), ua = v128.shuffle<i32>(two, two, 1, 1, 1, 1);
        wb = v128.shuffle<i32>(two, two, 2, 2, 2, 2), ub = v128.shuffle<i32>(two, two, 3, 3, 3, 3);
        $s4 = dot(wa, $x, ua, $y, ones, $s4);
        $s5 = dot(wb, $x, ub, $y, ones, $s5);
        two = v128.load(w, 48);
        wa = v128.shuffle<i32>(two, two, 0, 0, 0, 0), ua = v128.shuffle<i32>(two, two, 1, 1, 1, 1);
        wb = v128.shuffle<i32>(two, two, 2, 2, 2, 2), ub = v128.shuffle<i32>(two, two, 3, 3, 3, 3);
        $s6 = dot(wa, $x, ua, $y, ones, $s6);
        $s7 = dot(wb, $x, ub, $y, ones, $s7);
      }
      const to = output + half;
      v128.store(to, $s0);
      v128.store(to, $s1, 1 * LANE_ROW);
      v128.store(to, $s2, 2 * LANE_ROW);
      v128.store(to, $s3, 3 * LANE_ROW);
      v128.store(to, $s4, 4 * LANE_ROW);
      v128.store(to, $s5, 5 * LANE_ROW);
      v128.store(to, $s6, 6 * LANE_ROW);
      v128.store(to, $s7, 7 * LANE_ROW);
    }
  }
}
