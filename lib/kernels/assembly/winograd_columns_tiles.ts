// The three parts of `convPoolWinogradColumns`; the formulas stand in winograd_columns.ts.
import { COLUMN_SUMS, LANE_ROW } from "../kernel_constants";
import { poolTo } from "./conv";
import { constant as ofTable, madd } from "./math";
import { storePair } from "./winograd_tiles";

/** Bytes of a row of the transformed weights of two filters. */
export const TAPS = 5 * 8;

/** Read from memory, see math.ts. */
const CONSTANTS: StaticArray<f32> = [0, 5.25, -4.25, 0.25, -1.25, 0.5, -2.5, 2, 4, -5, 8, 0.125];

// @ts-ignore: decorator
@inline
function constant(i: usize): v128 {
  return ofTable(CONSTANTS, i);
}

/**
 * Bᵀ d of a column of eight pixels, for four images, or eight in the wide build.
 * @param both whether there are eight; otherwise six, and of the sums only the upper two mean anything
 */
export function transformPixels(from: usize, row: usize, both: bool, to: usize, toStep: usize): void {
  const from1 = from + row, from2 = from1 + row, from3 = from2 + row;
  const from4 = from3 + row, from5 = from4 + row;
  // what stands for missing pixels cancels out, so it must be of their size
  const from6 = from5 + (both ? row : 0), from7 = from6 + (both ? row : 0);
  const d1 = v128.load(from1), d2 = v128.load(from2), d3 = v128.load(from3);
  const d4 = v128.load(from4), d5 = v128.load(from5), d6 = v128.load(from6);
  const first = madd(f32x4.sub(d4, d2), constant(1), f32x4.sub(v128.load(from), d6));
  const last = madd(f32x4.sub(d3, d5), constant(1), f32x4.sub(v128.load(from7), d1));
  const even1 = madd(d4, constant(2), f32x4.add(d2, d6)), odd1 = madd(d3, constant(2), f32x4.add(d1, d5));
  const even2 = madd(d4, constant(4), madd(d2, constant(3), d6));
  const even3 = madd(d4, constant(9), madd(d2, constant(8), d6));
  const middle = f32x4.mul(d3, constant(6));
  const odd2 = madd(d5, constant(7), madd(d1, constant(5), middle));
  const odd3 = madd(d5, constant(5), madd(d1, constant(7), middle));
  let First = first, Last = last, Even1 = even1, Odd1 = odd1, Even2 = even2, Even3 = even3, Odd2 = odd2, Odd3 = odd3;
  if (WIDE) {
    const D1 = v128.load(from1, 16), D2 = v128.load(from2, 16), D3 = v128.load(from3, 16);
    const D4 = v128.load(from4, 16), D5 = v128.load(from5, 16), D6 = v128.load(from6, 16);
    First = madd(f32x4.sub(D4, D2), constant(1), f32x4.sub(v128.load(from, 16), D6));
    Last = madd(f32x4.sub(D3, D5), constant(1), f32x4.sub(v128.load(from7, 16), D1));
    Even1 = madd(D4, constant(2), f32x4.add(D2, D6)), Odd1 = madd(D3, constant(2), f32x4.add(D1, D5));
    Even2 = madd(D4, constant(4), madd(D2, constant(3), D6));
    Even3 = madd(D4, constant(9), madd(D2, constant(8), D6));
    const Middle = f32x4.mul(D3, constant(6));
    Odd2 = madd(D5, constant(7), madd(D1, constant(5), Middle));
    Odd3 = madd(D5, constant(5), madd(D1, constant(7), Middle));
  }
  storePair(to, first, First);
  storePair(to + toStep, f32x4.add(even1, odd1), f32x4.add(Even1, Odd1));
  storePair(to + 2 * toStep, f32x4.sub(even1, odd1), f32x4.sub(Even1, Odd1));
  storePair(to + 3 * toStep, f32x4.add(even2, odd2), f32x4.add(Even2, Odd2));
  storePair(to + 4 * toStep, f32x4.sub(even2, odd2), f32x4.sub(Even2, Odd2));
  storePair(to + 5 * toStep, f32x4.add(even3, odd3), f32x4.add(Even3, Odd3));
  storePair(to + 6 * toStep, f32x4.sub(even3, odd3), f32x4.sub(Even3, Odd3));
  storePair(to + 7 * toStep, last, Last);
}

/**
 * One m_j of two filters, a row of it. Tile: two filters × four columns × eight images (four at a time in
 * the narrow build). A tap needs one new column; of the others each moves a place on.
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
  for (const end = to + sums; to < end; to += COLUMN_SUMS * LANE_ROW, columns += COLUMN_SUMS * LANE_ROW) {
    for (let half: usize = 0; half < 2; half++) {
      let a0 = constant(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      let A0 = a0, A1 = a0, A2 = a0, A3 = a0, B0 = b0, B1 = b0, B2 = b0, B3 = b0;
      let p = columns + 16 * half, w = weights;
      for (; w < endOfWeights; p += row) {
        let q = p, x0 = v128.load(q), x1 = v128.load(q, 32), x2 = v128.load(q, 64);
        let X0 = x0, X1 = x1, X2 = x2;
        if (WIDE) X0 = v128.load(q, 16), X1 = v128.load(q, 48), X2 = v128.load(q, 80);
        for (const stop = w + TAPS; w < stop; w += 8, q += LANE_ROW) {
          const x3 = v128.load(q, 96), u = v128.load32_splat(w), v = v128.load32_splat(w, 4);
          a0 = madd(x0, u, a0), a1 = madd(x1, u, a1), a2 = madd(x2, u, a2), a3 = madd(x3, u, a3);
          b0 = madd(x0, v, b0), b1 = madd(x1, v, b1), b2 = madd(x2, v, b2), b3 = madd(x3, v, b3);
          if (WIDE) {
            const X3 = v128.load(q, 112);
            A0 = madd(X0, u, A0), A1 = madd(X1, u, A1), A2 = madd(X2, u, A2), A3 = madd(X3, u, A3);
            B0 = madd(X0, v, B0), B1 = madd(X1, v, B1), B2 = madd(X2, v, B2), B3 = madd(X3, v, B3);
            X0 = X1, X1 = X2, X2 = X3;
          }
          x0 = x1, x1 = x2, x2 = x3;
        }
      }
      const q = to + 16 * half, r = q + sums;
      if (WIDE) v128.store(q, A0, 16);
      v128.store(q, a0);
      if (WIDE) v128.store(q, A1, 48);
      v128.store(q, a1, 32);
      if (WIDE) v128.store(q, A2, 80);
      v128.store(q, a2, 64);
      if (WIDE) v128.store(q, A3, 112);
      v128.store(q, a3, 96);
      if (WIDE) v128.store(r, B0, 16);
      v128.store(r, b0);
      if (WIDE) v128.store(r, B1, 48);
      v128.store(r, b1, 32);
      if (WIDE) v128.store(r, B2, 80);
      v128.store(r, b2, 64);
      if (WIDE) v128.store(r, B3, 112);
      v128.store(r, b3, 96);
      if (WIDE) break;
    }
  }
}

/**
 * Aᵀ m of a filter's windows of two rows, and what wins in each.
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
    for (let half: usize = 0; half < 32; half += 16) {
      // left and right column of a window: sums and differences of the values at a point and its negative
      const p0 = m + half, p1 = p0 + step, p2 = p1 + step, p3 = p2 + step;
      const p4 = p3 + step, p5 = p4 + step, p6 = p5 + step, p7 = p6 + step;
      let x = v128.load(p1), y = v128.load(p2);
      const l1 = f32x4.add(f32x4.add(x, y), b), k1 = f32x4.add(f32x4.sub(x, y), b);
      x = v128.load(p3), y = v128.load(p4);
      const l2 = f32x4.add(x, y), k2 = f32x4.sub(x, y);
      x = v128.load(p5), y = v128.load(p6);
      const l3 = f32x4.add(x, y), k3 = f32x4.sub(x, y);
      x = v128.load(p1, 32), y = v128.load(p2, 32);
      const r1 = f32x4.add(f32x4.add(x, y), b), q1 = f32x4.add(f32x4.sub(x, y), b);
      x = v128.load(p3, 32), y = v128.load(p4, 32);
      const r2 = f32x4.add(x, y), q2 = f32x4.sub(x, y);
      x = v128.load(p5, 32), y = v128.load(p6, 32);
      const r3 = f32x4.add(x, y), q3 = f32x4.sub(x, y);
      const left0 = row0(v128.load(p0), l1, l2, l3), right0 = row0(v128.load(p0, 32), r1, r2, r3);
      const left1 = row1(k1, k2, k3), right1 = row1(q1, q2, q3);
      const left2 = row2(l1, l2, l3), right2 = row2(r1, r2, r3);
      const left3 = row3(v128.load(p7), k1, k2, k3), right3 = row3(v128.load(p7, 32), q1, q2, q3);
      let Left0 = left0, Left1 = left1, Left2 = left2, Left3 = left3;
      let Right0 = right0, Right1 = right1, Right2 = right2, Right3 = right3;
      if (WIDE) {
        let X = v128.load(p1, 16), Y = v128.load(p2, 16);
        const L1 = f32x4.add(f32x4.add(X, Y), b), K1 = f32x4.add(f32x4.sub(X, Y), b);
        X = v128.load(p3, 16), Y = v128.load(p4, 16);
        const L2 = f32x4.add(X, Y), K2 = f32x4.sub(X, Y);
        X = v128.load(p5, 16), Y = v128.load(p6, 16);
        const L3 = f32x4.add(X, Y), K3 = f32x4.sub(X, Y);
        X = v128.load(p1, 48), Y = v128.load(p2, 48);
        const R1 = f32x4.add(f32x4.add(X, Y), b), Q1 = f32x4.add(f32x4.sub(X, Y), b);
        X = v128.load(p3, 48), Y = v128.load(p4, 48);
        const R2 = f32x4.add(X, Y), Q2 = f32x4.sub(X, Y);
        X = v128.load(p5, 48), Y = v128.load(p6, 48);
        const R3 = f32x4.add(X, Y), Q3 = f32x4.sub(X, Y);
        Left0 = row0(v128.load(p0, 16), L1, L2, L3), Right0 = row0(v128.load(p0, 48), R1, R2, R3);
        Left1 = row1(K1, K2, K3), Right1 = row1(Q1, Q2, Q3);
        Left2 = row2(L1, L2, L3), Right2 = row2(R1, R2, R3);
        Left3 = row3(v128.load(p7, 16), K1, K2, K3), Right3 = row3(v128.load(p7, 48), Q1, Q2, Q3);
      }
      const to = output + half, argmaxAt = argmax + half;
      // first the lower row: if there is none, the other then takes its place
      const below = argmaxAt + lower;
      poolTo(to + lower, below, left2, right2, left3, right3, Left2, Right2, Left3, Right3, lowerFirst, toRight, toBelow);
      poolTo(to, argmaxAt, left0, right0, left1, right1, Left0, Right0, Left1, Right1, first, toRight, toBelow);
      if (WIDE) break;
    }
    output += LANE_ROW, argmax += LANE_ROW, first = i32x4.add(first, toNext), lowerFirst = i32x4.add(lowerFirst, toNext);
  }
}

// The rows of Aᵀ, from sums and differences of the values at 1 and −1, 2 and −2, ½ and −½.

// @ts-ignore: decorator
@inline
function row0(m0: v128, sum1: v128, sum2: v128, sum3: v128): v128 {
  return f32x4.add(f32x4.add(m0, sum1), f32x4.add(sum2, sum3));
}

// @ts-ignore: decorator
@inline
function row1(difference1: v128, difference2: v128, difference3: v128): v128 {
  return madd(difference3, constant(5), madd(difference2, constant(7), difference1));
}

// @ts-ignore: decorator
@inline
function row2(sum1: v128, sum2: v128, sum3: v128): v128 {
  return madd(sum3, constant(3), madd(sum2, constant(8), sum1));
}

// @ts-ignore: decorator
@inline
function row3(m7: v128, difference1: v128, difference2: v128, difference3: v128): v128 {
  return madd(difference3, constant(11), madd(difference2, constant(10), f32x4.add(difference1, m7)));
}
