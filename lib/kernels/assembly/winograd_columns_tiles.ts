// The three parts of `convPoolWinogradColumns`; the formulas stand in winograd_columns.ts.
import { COLUMN_SUMS, LANE_ROW } from "../kernel_constants";
import { largest, patchOfLargest } from "./conv";
import { constant as ofTable, madd } from "./math";
import { VECTOR } from "./vectors";

/** Bytes of a row of the transformed weights of two filters. */
export const TAPS = 5 * 8;

/** Read from memory, see math.ts. */
const CONSTANTS: StaticArray<f32> = [0, 5.25, -4.25, 0.25, -1.25, 0.5, -2.5, 2, 4, -5, 8, 0.125];

function constant(i: usize): v128 {
  return ofTable(CONSTANTS, i);
}

/**
 * Bᵀ d of a column of eight vectors of pixels.
 * @param both whether there are eight; otherwise six, and of the sums only the upper two mean
 *   anything
 */
export function transformPixels(
  from: usize,
  row: usize,
  both: bool,
  to: usize,
  toStep: usize,
): void {
  const from1 = from + row, from2 = from1 + row, from3 = from2 + row;
  const from4 = from3 + row, from5 = from4 + row;
  // what stands for missing pixels cancels out, so it must be of their size
  const from6 = from5 + (both ? row : 0), from7 = from6 + (both ? row : 0);
  const $d1 = v128.load(from1), $d2 = v128.load(from2), $d3 = v128.load(from3);
  const $d4 = v128.load(from4), $d5 = v128.load(from5), $d6 = v128.load(from6);
  const $first = madd(f32x4.sub($d4, $d2), constant(1), f32x4.sub(v128.load(from), $d6));
  const $last = madd(f32x4.sub($d3, $d5), constant(1), f32x4.sub(v128.load(from7), $d1));
  const $even1 = madd($d4, constant(2), f32x4.add($d2, $d6));
  const $odd1 = madd($d3, constant(2), f32x4.add($d1, $d5));
  const $even2 = madd($d4, constant(4), madd($d2, constant(3), $d6));
  const $even3 = madd($d4, constant(9), madd($d2, constant(8), $d6));
  const $middle = f32x4.mul($d3, constant(6));
  const $odd2 = madd($d5, constant(7), madd($d1, constant(5), $middle));
  const $odd3 = madd($d5, constant(5), madd($d1, constant(7), $middle));
  v128.store(to, $first);
  v128.store(to + toStep, f32x4.add($even1, $odd1));
  v128.store(to + 2 * toStep, f32x4.sub($even1, $odd1));
  v128.store(to + 3 * toStep, f32x4.add($even2, $odd2));
  v128.store(to + 4 * toStep, f32x4.sub($even2, $odd2));
  v128.store(to + 5 * toStep, f32x4.add($even3, $odd3));
  v128.store(to + 6 * toStep, f32x4.sub($even3, $odd3));
  v128.store(to + 7 * toStep, $last);
}

/**
 * One m_j of two filters, a row of it. Tile: two filters × four columns × eight images. A tap needs
 * one new column; of the others each moves a place on.
 * @param to the first filter's, `sums` bytes; the second's stand behind them
 */
export function sumColumns(
  weights: usize,
  columns: usize,
  channels: i32,
  row: usize,
  to: usize,
  sums: usize,
): void {
  const endOfWeights = weights + <usize> channels * TAPS;
  for (
    const end = to + sums;
    to < end;
    to += COLUMN_SUMS * LANE_ROW, columns += COLUMN_SUMS * LANE_ROW
  ) {
    for (let half = 0; half < LANE_ROW; half += VECTOR) {
      const zero = constant(0);
      let $a0 = zero, $a1 = zero, $a2 = zero, $a3 = zero;
      let $b0 = zero, $b1 = zero, $b2 = zero, $b3 = zero;
      let p = columns + half, w = weights;
      for (; w < endOfWeights; p += row) {
        let q = p;
        let $x0 = v128.load(q), $x1 = v128.load(q, 32), $x2 = v128.load(q, 64);
        for (const stop = w + TAPS; w < stop; w += 8, q += LANE_ROW) {
          const u = v128.load32_splat(w), v = v128.load32_splat(w, 4);
          const $x3 = v128.load(q, 96);
          $a0 = madd($x0, u, $a0), $a1 = madd($x1, u, $a1);
          $a2 = madd($x2, u, $a2), $a3 = madd($x3, u, $a3);
          $b0 = madd($x0, v, $b0), $b1 = madd($x1, v, $b1);
          $b2 = madd($x2, v, $b2), $b3 = madd($x3, v, $b3);
          $x0 = $x1, $x1 = $x2, $x2 = $x3;
        }
      }
      const q = to + half, r = q + sums;
      v128.store(q, $a0);
      v128.store(q, $a1, 32);
      v128.store(q, $a2, 64);
      v128.store(q, $a3, 96);
      v128.store(r, $b0);
      v128.store(r, $b1, 32);
      v128.store(r, $b2, 64);
      v128.store(r, $b3, 96);
    }
  }
}

/**
 * Aᵀ m of a filter's windows of two rows: the largest of each window, and where its patch starts.
 * @param m the first of the eight, the others `step` apart
 * @param lower from the first row's output to the second's; 0 if there is none
 */
export function poolColumns(
  m: usize,
  step: usize,
  bias: usize,
  windows: i32,
  output: usize,
  argmax: usize,
  lower: usize,
  start: i32,
  right: i32,
  down: i32,
): void {
  const b = v128.load32_splat(bias);
  const toRight = i32x4.splat(right), toBelow = i32x4.splat(down), toNext = i32x4.splat(2 * right);
  let first = i32x4.splat(start), lowerFirst = i32x4.splat(start + 2 * down);
  for (const end = m + <usize> windows * 2 * LANE_ROW; m < end; m += 2 * LANE_ROW) {
    for (let half = 0; half < LANE_ROW; half += VECTOR) {
      // left and right column of a window: sums and differences of the values at a point and its
      // negative
      const p0 = m + half, p1 = p0 + step, p2 = p1 + step, p3 = p2 + step;
      const p4 = p3 + step, p5 = p4 + step, p6 = p5 + step, p7 = p6 + step;
      let $x = v128.load(p1), $y = v128.load(p2);
      const $l1 = f32x4.add(f32x4.add($x, $y), b), $k1 = f32x4.add(f32x4.sub($x, $y), b);
      $x = v128.load(p3), $y = v128.load(p4);
      const $l2 = f32x4.add($x, $y), $k2 = f32x4.sub($x, $y);
      $x = v128.load(p5), $y = v128.load(p6);
      const $l3 = f32x4.add($x, $y), $k3 = f32x4.sub($x, $y);
      $x = v128.load(p1, 32), $y = v128.load(p2, 32);
      const $r1 = f32x4.add(f32x4.add($x, $y), b), $q1 = f32x4.add(f32x4.sub($x, $y), b);
      $x = v128.load(p3, 32), $y = v128.load(p4, 32);
      const $r2 = f32x4.add($x, $y), $q2 = f32x4.sub($x, $y);
      $x = v128.load(p5, 32), $y = v128.load(p6, 32);
      const $r3 = f32x4.add($x, $y), $q3 = f32x4.sub($x, $y);
      const $left0 = row0(v128.load(p0), $l1, $l2, $l3);
      const $right0 = row0(v128.load(p0, 32), $r1, $r2, $r3);
      const $left1 = row1($k1, $k2, $k3), $right1 = row1($q1, $q2, $q3);
      const $left2 = row2($l1, $l2, $l3), $right2 = row2($r1, $r2, $r3);
      const $left3 = row3(v128.load(p7), $k1, $k2, $k3);
      const $right3 = row3(v128.load(p7, 32), $q1, $q2, $q3);
      const to = output + half, at = argmax + half;
      // first the lower row: if there is none, the upper one then takes its place
      v128.store(to + lower, largest($left2, $right2, $left3, $right3));
      v128.store(
        at + lower,
        patchOfLargest($left2, $right2, $left3, $right3, lowerFirst, toRight, toBelow),
      );
      v128.store(to, largest($left0, $right0, $left1, $right1));
      v128.store(
        at,
        patchOfLargest($left0, $right0, $left1, $right1, first, toRight, toBelow),
      );
    }
    output += LANE_ROW,
      argmax += LANE_ROW,
      first = i32x4.add(first, toNext),
      lowerFirst = i32x4.add(lowerFirst, toNext);
  }
}

// The rows of Aᵀ, from sums and differences of the values at 1 and −1, 2 and −2, ½ and −½.

function row0(m0: v128, sum1: v128, sum2: v128, sum3: v128): v128 {
  return f32x4.add(f32x4.add(m0, sum1), f32x4.add(sum2, sum3));
}

function row1(difference1: v128, difference2: v128, difference3: v128): v128 {
  return madd(difference3, constant(5), madd(difference2, constant(7), difference1));
}

function row2(sum1: v128, sum2: v128, sum3: v128): v128 {
  return madd(sum3, constant(3), madd(sum2, constant(8), sum1));
}

function row3(m7: v128, difference1: v128, difference2: v128, difference3: v128): v128 {
  return madd(
    difference3,
    constant(11),
    madd(difference2, constant(10), f32x4.add(difference1, m7)),
  );
}
