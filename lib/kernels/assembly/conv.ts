// Convolution and 2 × 2 max-pooling of eight images in lanes.
//
// Tile: two filters × the four positions of one pooling window × eight images. A tap (channel, ky, kx)
// costs four loads and eight multiply-adds for four images:
//
//     top    topNext         filter A: a0 a1   filter B: b0 b1
//     bottom bottomNext                a2 a3             b2 b3
//
// The window slides: this tap's topNext is the next tap's top. Pooling takes the largest of the four
// sums, so tanh, which never falls, can wait until after it and runs on a quarter of the numbers.

import { LANE_ROW } from "../kernel_constants";
import { madd } from "./math";

// In the wide build the tile's second half (images 4–7, names in capitals) stands beside the first, so
// that V8 can join each pair to one 256-bit operation. In the narrow build it is a second round: the
// sixteen 128-bit registers hold one half. Of a pair of stores the second half's comes first, in
// all kernels: in the other order V8 stores the first half twice.

/**
 * @param input (channels, height, width) in lanes
 * @param weights (filters, channels, kernel, kernel)
 * @param output (filters, height', width') in lanes before tanh
 * @param argmax as `output`: where the patch of the largest starts in an image whose pixels stand
 *   `right` bytes and whose rows stand `down` bytes apart; 0 if inference wants none
 */
export function convPool(
  input: usize,
  weights: usize,
  bias: usize,
  output: usize,
  argmax: usize,
  channels: i32,
  height: i32,
  width: i32,
  filters: i32,
  kernel: i32,
  right: i32,
  down: i32,
): void {
  const row = <usize> width * LANE_ROW, plane = <usize> height * row;
  const outWidth = (width - kernel + 1) >> 1, outHeight = (height - kernel + 1) >> 1;
  const outPlane = <usize> (outWidth * outHeight) * LANE_ROW;
  const filterBytes = <usize> (channels * kernel * kernel) << 2;
  const kernelBytes = <usize> kernel << 2;
  const toRight = i32x4.splat(right), toBelow = i32x4.splat(down), toNext = i32x4.splat(2 * right);
  for (let py = 0; py < outHeight; py++) {
    for (let f = 0; f + 1 < filters; f += 2) {
      const biasA = v128.load32_splat(bias + (<usize> f << 2));
      const biasB = v128.load32_splat(bias + (<usize> f << 2), 4);
      const filterA = weights + f * filterBytes;
      let corner = input + 2 * py * row;
      let to = <usize> f * outPlane + <usize> (py * outWidth) * LANE_ROW;
      let first = i32x4.splat(2 * py * down);
      for (let px = 0; px < outWidth; px++, corner += 2 * LANE_ROW) {
        for (let half: usize = 0; half < 2; half++) {
          let a0 = biasA, a1 = biasA, a2 = biasA, a3 = biasA;
          let b0 = biasB, b1 = biasB, b2 = biasB, b3 = biasB;
          let A0 = biasA, A1 = biasA, A2 = biasA, A3 = biasA;
          let B0 = biasB, B1 = biasB, B2 = biasB, B3 = biasB;
          let w = filterA;
          let channel = corner + 16 * half;
          for (const end = channel + channels * plane; channel < end; channel += plane) {
            let p = channel;
            for (let ky = 0; ky < kernel; ky++, p += row) {
              let q = p;
              let top = v128.load(q), bottom = v128.load(q + row);
              let Top = top, Bottom = bottom;
              if (WIDE) {
                Top = v128.load(q, 16);
                Bottom = v128.load(q + row, 16);
              }
              for (const stop = w + kernelBytes; w < stop; w += 4) {
                q += LANE_ROW;
                const topNext = v128.load(q), bottomNext = v128.load(q + row);
                const wa = v128.load32_splat(w), wb = v128.load32_splat(w + filterBytes);
                a0 = madd(top, wa, a0);
                a1 = madd(topNext, wa, a1);
                a2 = madd(bottom, wa, a2);
                a3 = madd(bottomNext, wa, a3);
                b0 = madd(top, wb, b0);
                b1 = madd(topNext, wb, b1);
                b2 = madd(bottom, wb, b2);
                b3 = madd(bottomNext, wb, b3);
                if (WIDE) {
                  const TopNext = v128.load(q, 16), BottomNext = v128.load(q + row, 16);
                  A0 = madd(Top, wa, A0);
                  A1 = madd(TopNext, wa, A1);
                  A2 = madd(Bottom, wa, A2);
                  A3 = madd(BottomNext, wa, A3);
                  B0 = madd(Top, wb, B0);
                  B1 = madd(TopNext, wb, B1);
                  B2 = madd(Bottom, wb, B2);
                  B3 = madd(BottomNext, wb, B3);
                  Top = TopNext;
                  Bottom = BottomNext;
                }
                top = topNext;
                bottom = bottomNext;
              }
            }
          }
          const at = to + 16 * half;
          const atB = at + outPlane;
          if (argmax == 0) {
            if (WIDE) v128.store(output + at, largest(A0, A1, A2, A3), 16);
            v128.store(output + at, largest(a0, a1, a2, a3));
            if (WIDE) v128.store(output + atB, largest(B0, B1, B2, B3), 16);
            v128.store(output + atB, largest(b0, b1, b2, b3));
          } else {
            poolTo(output + at, argmax + at, a0, a1, a2, a3, A0, A1, A2, A3, first, toRight, toBelow);
            poolTo(output + atB, argmax + atB, b0, b1, b2, b3, B0, B1, B2, B3, first, toRight, toBelow);
          }
          if (WIDE) break;
        }
        to += LANE_ROW;
        first = i32x4.add(first, toNext);
      }
    }
    if (filters & 1) {
      const f = <usize> filters - 1;
      const at = f * outPlane + <usize> (py * outWidth) * LANE_ROW;
      poolRowOfOne(
        input + 2 * py * row,
        weights + f * filterBytes,
        v128.load32_splat(bias + (f << 2)),
        output + at,
        argmax == 0 ? 0 : argmax + at,
        channels,
        plane,
        row,
        outWidth,
        kernelBytes,
        2 * py * down,
        right,
        down,
      );
    }
  }
}

/**
 * A pooled row of the last of an odd number of filters. Tile: one filter × four positions × eight images,
 * in both builds.
 */
function poolRowOfOne(
  corner: usize,
  weights: usize,
  bias: v128,
  output: usize,
  argmax: usize,
  channels: i32,
  plane: usize,
  row: usize,
  outWidth: i32,
  kernelBytes: usize,
  start: i32,
  right: i32,
  down: i32,
): void {
  const toRight = i32x4.splat(right), toBelow = i32x4.splat(down), toNext = i32x4.splat(2 * right);
  let first = i32x4.splat(start);
  for (const stop = output + <usize> outWidth * LANE_ROW; output < stop; output += LANE_ROW) {
    let a0 = bias, a1 = bias, a2 = bias, a3 = bias;
    let A0 = bias, A1 = bias, A2 = bias, A3 = bias;
    let w = weights, channel = corner;
    for (const end = corner + channels * plane; channel < end; channel += plane) {
      let p = channel;
      for (let ky: usize = 0; ky < kernelBytes; ky += 4, p += row) {
        let q = p;
        let top = v128.load(q), Top = v128.load(q, 16);
        let bottom = v128.load(q + row), Bottom = v128.load(q + row, 16);
        for (const stop = w + kernelBytes; w < stop; w += 4) {
          const weight = v128.load32_splat(w);
          a0 = madd(top, weight, a0);
          A0 = madd(Top, weight, A0);
          a2 = madd(bottom, weight, a2);
          A2 = madd(Bottom, weight, A2);
          q += LANE_ROW;
          top = v128.load(q), Top = v128.load(q, 16);
          bottom = v128.load(q + row), Bottom = v128.load(q + row, 16);
          a1 = madd(top, weight, a1);
          A1 = madd(Top, weight, A1);
          a3 = madd(bottom, weight, a3);
          A3 = madd(Bottom, weight, A3);
        }
      }
    }
    if (argmax == 0) {
      v128.store(output, largest(a0, a1, a2, a3));
      v128.store(output, largest(A0, A1, A2, A3), 16);
    } else {
      poolTo(output, argmax, a0, a1, a2, a3, A0, A1, A2, A3, first, toRight, toBelow);
      if (!WIDE) poolTo(output + 16, argmax + 16, A0, A1, A2, A3, A0, A1, A2, A3, first, toRight, toBelow);
      argmax += LANE_ROW;
    }
    corner += 2 * LANE_ROW, first = i32x4.add(first, toNext);
  }
}

function largest(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return f32x4.relaxed_max(f32x4.relaxed_max(x0, x1), f32x4.relaxed_max(x2, x3));
}

/**
 * Stores the largest of four and which one it was; the first, if some are equal. In the wide build
 * likewise of the other four, beside them.
 */
// @ts-ignore: decorator
@inline
export function poolTo(
  output: usize,
  argmax: usize,
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  X0: v128,
  X1: v128,
  X2: v128,
  X3: v128,
  first: v128,
  right: v128,
  down: v128,
): void {
  const top = f32x4.relaxed_max(x0, x1), bottom = f32x4.relaxed_max(x2, x3);
  const Top = f32x4.relaxed_max(X0, X1), Bottom = f32x4.relaxed_max(X2, X3);
  if (WIDE) v128.store(output, f32x4.relaxed_max(Top, Bottom), 16);
  v128.store(output, f32x4.relaxed_max(top, bottom));
  const isBelow = f32x4.gt(bottom, top), IsBelow = f32x4.gt(Bottom, Top);
  const isRight = v128.bitselect(f32x4.gt(x3, x2), f32x4.gt(x1, x0), isBelow);
  const IsRight = v128.bitselect(f32x4.gt(X3, X2), f32x4.gt(X1, X0), IsBelow);
  const start = i32x4.add(first, v128.and(isBelow, down)), Start = i32x4.add(first, v128.and(IsBelow, down));
  if (WIDE) v128.store(argmax, i32x4.add(Start, v128.and(IsRight, right)), 16);
  v128.store(argmax, i32x4.add(start, v128.and(isRight, right)));
}
