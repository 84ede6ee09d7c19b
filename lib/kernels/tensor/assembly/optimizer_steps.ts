// The optimizers' steps on several parameters. Parts are cut from all their numbers, one parameter after the
// other, at multiples of 16.
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/** Bytes of a descriptor before its table of parameters. */
const TABLE: usize = 64;

/** Numbers of parameter i: the fifth word of its row in the table. */
// @inline
function countOf(row: usize): i32 {
  return load<i32>(row, 16);
}

/** The first or last number of a part among `count` in all. */
function boundary(count: i32, part: i32, parts: i32): i32 {
  return min(count, split((count + 15) / 16, part, parts) * 16);
}

function total(d: usize): i32 {
  let sum = 0;
  for (let row = d + TABLE, end = row + load<usize>(d) * 20; row < end; row += 20) {
    sum += countOf(row);
  }
  return sum;
}

/**
 * Adam. Descriptor: 0 parameters, 1 parts, 2 β₁, 3 1 − β₁, 4 β₂, 5 1 − β₂, 6 rate, 7 correction, 8 ε, 9 keep;
 * from 16 on five words each: weights, mean, square, gradient, count.
 */
export function adamStep(d: usize, part: i32): void {
  const all = total(d), parts = load<i32>(d, 4);
  let first = boundary(all, part, parts), end = boundary(all, part + 1, parts);
  for (let row = d + TABLE; first < end; row += 20) {
    const count = countOf(row);
    if (first < count) adamOn(d, row, <usize> first << 2, min(count, end) - first);
    first = max(0, first - count), end -= count;
  }
}

function adamOn(d: usize, row: usize, skip: usize, count: i32): void {
  const keepM = v128.load32_splat(d, 8), takeM = v128.load32_splat(d, 12);
  const keepV = v128.load32_splat(d, 16), takeV = v128.load32_splat(d, 20);
  const rate = v128.load32_splat(d, 24), correction = v128.load32_splat(d, 28);
  const epsilon = v128.load32_splat(d, 32), keepW = v128.load32_splat(d, 36);
  let w = load<usize>(row) + skip, m = load<usize>(row, 4) + skip;
  let v = load<usize>(row, 8) + skip, g = load<usize>(row, 12) + skip;
  for (; count > 0; count -= 4, w += 16, m += 16, v += 16, g += 16) {
    const gradient = loadSome(g, count);
    const first = f32x4.relaxed_madd(loadSome(m, count), keepM, f32x4.mul(gradient, takeM));
    const squares = f32x4.mul(f32x4.mul(gradient, gradient), takeV);
    const second = f32x4.relaxed_madd(loadSome(v, count), keepV, squares);
    const move = f32x4.div(first, f32x4.relaxed_madd(f32x4.sqrt(second), correction, epsilon));
    storeSome(m, first, count), storeSome(v, second, count);
    storeSome(w, f32x4.relaxed_nmadd(rate, move, f32x4.mul(loadSome(w, count), keepW)), count);
  }
}

/**
 * SGD. Descriptor: 0 parameters, 1 parts, 2 rate, 3 momentum, 4 whether Nesterov's, 5 keep; from 16 on five
 * words each: weights, velocity or 0, gradient, nothing, count.
 */
export function sgdStep(d: usize, part: i32): void {
  const all = total(d), parts = load<i32>(d, 4);
  let first = boundary(all, part, parts), end = boundary(all, part + 1, parts);
  for (let row = d + TABLE; first < end; row += 20) {
    const count = countOf(row);
    if (first < count) sgdOn(d, row, <usize> first << 2, min(count, end) - first);
    first = max(0, first - count), end -= count;
  }
}

function sgdOn(d: usize, row: usize, skip: usize, count: i32): void {
  const rate = v128.load32_splat(d, 8),
    momentum = v128.load32_splat(d, 12),
    keep = v128.load32_splat(d, 20);
  const nesterov = load<i32>(d, 16) != 0, hasVelocity = load<usize>(row, 4) != 0;
  let w = load<usize>(row) + skip, v = load<usize>(row, 4) + skip, g = load<usize>(row, 8) + skip;
  for (; count > 0; count -= 4, w += 16, v += 16, g += 16) {
    const gradient = loadSome(g, count);
    let move = gradient;
    if (hasVelocity) {
      const velocity = f32x4.relaxed_madd(loadSome(v, count), momentum, gradient);
      storeSome(v, velocity, count);
      move = nesterov ? f32x4.relaxed_madd(velocity, momentum, gradient) : velocity;
    }
    storeSome(w, f32x4.relaxed_nmadd(rate, move, f32x4.mul(loadSome(w, count), keep)), count);
  }
}
