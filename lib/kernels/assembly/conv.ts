// Convolution and 2 × 2 max-pooling of eight images in lanes.
//
// Tile: two filters × the four positions of one pooling window × eight images. A tap (channel, ky,
// kx) costs four loads and eight multiply-adds for four images:
//
//     top    topNext         filter A: a0 a1   filter B: b0 b1
//     bottom bottomNext                a2 a3             b2 b3
//
// The window slides: this tap's topNext is the next tap's top. Pooling takes the largest of the
// four sums, so tanh, which never falls, can wait until after it and runs on a quarter of the
// numbers.
//
// The narrow build writes the five taps of a 5 × 5 kernel's row out. Between them stand ways out of
// the loop: without them the compiler would move all products of a sum together, and there are not
// registers enough for the pixels of five taps.

import { LANE_ROW } from "../kernel_constants";
import { ConvLayer } from "./layers";
import { madd } from "./math";
import { VECTOR } from "./vectors";

/**
 * @param input (channels, height, width) in lanes
 * @param output (filters, height', width') in lanes before the activation
 * @param argmax as `output`: where the patch of the largest starts in the channel-last image that
 *   the layer describes; 0 if inference wants none
 */
export function convPool(layer: ConvLayer, input: usize, output: usize, argmax: usize): void {
  const weights = layer.weights, bias = layer.bias, kernel = layer.kernel;
  const channels = layer.channels, filters = layer.filters;
  const outWidth = layer.outWidth, outHeight = layer.outHeight;
  const right = layer.pixelBytes, down = layer.rowBytes;
  const row = <usize> layer.width * LANE_ROW, plane = <usize> layer.height * row;
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
        for (let half = 0; half < LANE_ROW; half += VECTOR) {
          let $a0 = biasA, $a1 = biasA, $a2 = biasA, $a3 = biasA;
          let $b0 = biasB, $b1 = biasB, $b2 = biasB, $b3 = biasB;
          let w = filterA;
          let channel = corner + half;
          for (const end = channel + channels * plane; channel < end; channel += plane) {
            let p = channel;
            if (!WIDE && kernel == 5) {
              // five taps without a loop; none of the ways out between them is ever taken: see above
              for (const stop = w + 5 * 5 * 4; w < stop; p += row) {
                let q = p;
                let $top = v128.load(q), $bottom = v128.load(q + row);
                let $topNext = $top, $bottomNext = $bottom, weight = biasA;
                weight = v128.load32_splat(w);
                q += LANE_ROW;
                $a0 = madd($top, weight, $a0);
                $topNext = v128.load(q);
                $a1 = madd($topNext, weight, $a1);
                $a2 = madd($bottom, weight, $a2);
                $bottomNext = v128.load(q + row);
                $a3 = madd($bottomNext, weight, $a3);
                weight = v128.load32_splat(w + filterBytes);
                $b0 = madd($top, weight, $b0), $b1 = madd($topNext, weight, $b1);
                $b2 = madd($bottom, weight, $b2), $b3 = madd($bottomNext, weight, $b3);
                w += 4;
                if (w >= stop) break;
                weight = v128.load32_splat(w);
                q += LANE_ROW;
                $a0 = madd($topNext, weight, $a0);
                $top = v128.load(q);
                $a1 = madd($top, weight, $a1);
                $a2 = madd($bottomNext, weight, $a2);
                $bottom = v128.load(q + row);
                $a3 = madd($bottom, weight, $a3);
                weight = v128.load32_splat(w + filterBytes);
                $b0 = madd($topNext, weight, $b0), $b1 = madd($top, weight, $b1);
                $b2 = madd($bottomNext, weight, $b2), $b3 = madd($bottom, weight, $b3);
                w += 4;
                if (w >= stop) break;
                weight = v128.load32_splat(w);
                q += LANE_ROW;
                $a0 = madd($top, weight, $a0);
                $topNext = v128.load(q);
                $a1 = madd($topNext, weight, $a1);
                $a2 = madd($bottom, weight, $a2);
                $bottomNext = v128.load(q + row);
                $a3 = madd($bottomNext, weight, $a3);
                weight = v128.load32_splat(w + filterBytes);
                $b0 = madd($top, weight, $b0), $b1 = madd($topNext, weight, $b1);
                $b2 = madd($bottom, weight, $b2), $b3 = madd($bottomNext, weight, $b3);
                w += 4;
                if (w >= stop) break;
                weight = v128.load32_splat(w);
                q += LANE_ROW;
                $a0 = madd($topNext, weight, $a0);
                $top = v128.load(q);
                $a1 = madd($top, weight, $a1);
                $a2 = madd($bottomNext, weight, $a2);
                $bottom = v128.load(q + row);
                $a3 = madd($bottom, weight, $a3);
                weight = v128.load32_splat(w + filterBytes);
                $b0 = madd($topNext, weight, $b0), $b1 = madd($top, weight, $b1);
                $b2 = madd($bottomNext, weight, $b2), $b3 = madd($bottom, weight, $b3);
                w += 4;
                if (w >= stop) break;
                weight = v128.load32_splat(w);
                q += LANE_ROW;
                $a0 = madd($top, weight, $a0);
                $topNext = v128.load(q);
                $a1 = madd($topNext, weight, $a1);
                $a2 = madd($bottom, weight, $a2);
                $bottomNext = v128.load(q + row);
                $a3 = madd($bottomNext, weight, $a3);
                weight = v128.load32_splat(w + filterBytes);
                $b0 = madd($top, weight, $b0), $b1 = madd($topNext, weight, $b1);
                $b2 = madd($bottom, weight, $b2), $b3 = madd($bottomNext, weight, $b3);
                w += 4;
              }
              continue;
            }
            for (let ky = 0; ky < kernel; ky++, p += row) {
              let q = p;
              let $top = v128.load(q), $bottom = v128.load(q + row);
              for (const stop = w + kernelBytes; w < stop; w += 4) {
                q += LANE_ROW;
                const wa = v128.load32_splat(w), wb = v128.load32_splat(w + filterBytes);
                const $topNext = v128.load(q), $bottomNext = v128.load(q + row);
                $a0 = madd($top, wa, $a0);
                $a1 = madd($topNext, wa, $a1);
                $a2 = madd($bottom, wa, $a2);
                $a3 = madd($bottomNext, wa, $a3);
                $b0 = madd($top, wb, $b0);
                $b1 = madd($topNext, wb, $b1);
                $b2 = madd($bottom, wb, $b2);
                $b3 = madd($bottomNext, wb, $b3);
                $top = $topNext;
                $bottom = $bottomNext;
              }
            }
          }
          const at = to + half, atB = at + outPlane;
          v128.store(output + at, largest($a0, $a1, $a2, $a3));
          v128.store(output + atB, largest($b0, $b1, $b2, $b3));
          if (argmax != 0) {
            v128.store(argmax + at, patchOfLargest($a0, $a1, $a2, $a3, first, toRight, toBelow));
            v128.store(argmax + atB, patchOfLargest($b0, $b1, $b2, $b3, first, toRight, toBelow));
          }
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
 * A pooled row of the last of an odd number of filters. Tile: one filter × four positions × eight
 * images, in both builds.
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
    let $$a0 = bias, $$a1 = bias, $$a2 = bias, $$a3 = bias;
    let w = weights, channel = corner;
    for (const end = corner + channels * plane; channel < end; channel += plane) {
      let p = channel;
      for (let ky: usize = 0; ky < kernelBytes; ky += 4, p += row) {
        let q = p;
        let $$top = v128.load(q), $$bottom = v128.load(q + row);
        for (const stop = w + kernelBytes; w < stop; w += 4) {
          const weight = v128.load32_splat(w);
          $$a0 = madd($$top, weight, $$a0);
          $$a2 = madd($$bottom, weight, $$a2);
          q += LANE_ROW;
          $$top = v128.load(q), $$bottom = v128.load(q + row);
          $$a1 = madd($$top, weight, $$a1);
          $$a3 = madd($$bottom, weight, $$a3);
        }
      }
    }
    v128.store(output, largest($$a0, $$a1, $$a2, $$a3));
    if (argmax != 0) {
      v128.store(argmax, patchOfLargest($$a0, $$a1, $$a2, $$a3, first, toRight, toBelow));
      argmax += LANE_ROW;
    }
    corner += 2 * LANE_ROW, first = i32x4.add(first, toNext);
  }
}

/** The largest of four, in each lane. */
// @inline
export function largest(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return f32x4.relaxed_max(f32x4.relaxed_max(x0, x1), f32x4.relaxed_max(x2, x3));
}

/**
 * Where the patch of the largest of four starts; of the first, if some are equal.
 * @param first where that of `x0` starts; `x1` stands `right` of it, `x2` and `x3` `down`
 */
// @inline
export function patchOfLargest(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  first: v128,
  right: v128,
  down: v128,
): v128 {
  const top = f32x4.relaxed_max(x0, x1), bottom = f32x4.relaxed_max(x2, x3);
  const isBelow = f32x4.gt(bottom, top);
  const isRight = v128.bitselect(f32x4.gt(x3, x2), f32x4.gt(x1, x0), isBelow);
  const start = i32x4.add(first, v128.and(isBelow, down));
  return i32x4.add(start, v128.and(isRight, right));
}
