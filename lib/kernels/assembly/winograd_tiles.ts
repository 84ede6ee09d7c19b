// The three parts of `convPoolWinograd` on a tile of five windows; the formulas stand in winograd.ts.
import { LANE_ROW, PATCH_COLUMNS, PATCH_POINTS, PATCH_WINDOWS } from "../kernel_constants";
import { poolTo } from "./conv";
import { constant as ofTable, madd } from "./math";

/** Bytes of one value of two filters and a tile of windows. */
const VALUE = 2 * PATCH_WINDOWS * LANE_ROW;

/** Read from memory, see math.ts. */
const CONSTANTS: StaticArray<f32> = [2, -2, 4, -4];

function constant(i: usize): v128 {
  return ofTable(CONSTANTS, i);
}

/** Stores four images' numbers and, in the wide build, the other four's beside them: those first, see conv.ts. */
// @ts-ignore: decorator
@inline
export function storePair(to: usize, x: v128, X: v128): void {
  if (WIDE) v128.store(to, X, 16);
  v128.store(to, x);
}

/** Bᵀ d B of five windows of one channel: first down the columns that they share, then along each row. */
export function transformPatches(corner: usize, row: usize, columns: usize, to: usize, channels: i32): void {
  const width: usize = PATCH_COLUMNS * LANE_ROW;
  for (let x: usize = 0; x < width; x += LANE_ROW) {
    transformPixels(corner + x, row, columns + x, width);
    if (!WIDE) transformPixels(corner + x + 16, row, columns + x + 16, width);
  }
  const step = <usize> (channels * PATCH_WINDOWS) * LANE_ROW;
  for (let y: usize = 0; y < 6; y++, columns += width, to += 6 * step) {
    for (let window: usize = 0; window < <usize> PATCH_WINDOWS * LANE_ROW; window += LANE_ROW) {
      transformPixels(columns + 2 * window, LANE_ROW, to + window, step);
      if (!WIDE) transformPixels(columns + 2 * window + 16, LANE_ROW, to + window + 16, step);
    }
  }
}

/**
 * Bᵀ d in one direction: six numbers `step` apart to six, `toStep` apart; each for four images, or eight in
 * the wide build (names in capitals, see conv.ts).
 */
// @ts-ignore: decorator
@inline
function transformPixels(from: usize, step: usize, to: usize, toStep: usize): void {
  const two = constant(0), minusTwo = constant(1), four = constant(2), minusFour = constant(3);
  const from1 = from + step, from2 = from1 + step, from3 = from2 + step, from4 = from3 + step;
  const d1 = v128.load(from1), d2 = v128.load(from2), d3 = v128.load(from3), d4 = v128.load(from4);
  const even = f32x4.sub(d4, d2), odd = f32x4.sub(d3, d1);
  const far = madd(d2, minusFour, d4), near = madd(d1, minusFour, d3);
  const first = f32x4.sub(v128.load(from), d2), last = f32x4.sub(v128.load(from4 + step), d3);
  let Even = even, Odd = odd, Far = far, Near = near, First = first, Last = last;
  if (WIDE) {
    const D1 = v128.load(from1, 16), D2 = v128.load(from2, 16);
    const D3 = v128.load(from3, 16), D4 = v128.load(from4, 16);
    Even = f32x4.sub(D4, D2), Odd = f32x4.sub(D3, D1);
    Far = madd(D2, minusFour, D4), Near = madd(D1, minusFour, D3);
    First = f32x4.sub(v128.load(from, 16), D2), Last = f32x4.sub(v128.load(from4 + step, 16), D3);
  }
  storePair(to, madd(first, four, even), madd(First, four, Even)); // 4 0 −5 0 1 0
  to += toStep;
  storePair(to, f32x4.add(far, near), f32x4.add(Far, Near)); // 0 −4 −4 1 1 0
  to += toStep;
  storePair(to, f32x4.sub(far, near), f32x4.sub(Far, Near)); // 0 4 −4 −1 1 0
  to += toStep;
  storePair(to, madd(odd, two, even), madd(Odd, two, Even)); // 0 −2 −1 2 1 0
  to += toStep;
  storePair(to, madd(odd, minusTwo, even), madd(Odd, minusTwo, Even)); // 0 2 −1 −2 1 0
  to += toStep;
  storePair(to, madd(odd, minusFour, last), madd(Odd, minusFour, Last)); // 0 4 0 −5 0 1
}

/**
 * Products of two filters with five windows, summed over the channels, value by value. Tile: two filters ×
 * five windows × eight images (four at a time in the narrow build).
 * @param to (36, 2, 5) lanes
 */
export function multiply(filters: usize, patches: usize, channels: i32, to: usize): void {
  for (let point = 0; point < PATCH_POINTS; point++, to += VALUE) {
    const next = filters + (<usize> channels << 3);
    for (let half: usize = 0; half < 2; half++) {
      let w = filters, p = patches + 16 * half;
      let wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
      let x = v128.load(p);
      let a0 = f32x4.mul(x, wa), b0 = f32x4.mul(x, wb), A0 = a0, B0 = b0;
      if (WIDE) {
        const X = v128.load(p, 16);
        A0 = f32x4.mul(X, wa), B0 = f32x4.mul(X, wb);
      }
      x = v128.load(p, 32);
      let a1 = f32x4.mul(x, wa), b1 = f32x4.mul(x, wb), A1 = a1, B1 = b1;
      if (WIDE) {
        const X = v128.load(p, 48);
        A1 = f32x4.mul(X, wa), B1 = f32x4.mul(X, wb);
      }
      x = v128.load(p, 64);
      let a2 = f32x4.mul(x, wa), b2 = f32x4.mul(x, wb), A2 = a2, B2 = b2;
      if (WIDE) {
        const X = v128.load(p, 80);
        A2 = f32x4.mul(X, wa), B2 = f32x4.mul(X, wb);
      }
      x = v128.load(p, 96);
      let a3 = f32x4.mul(x, wa), b3 = f32x4.mul(x, wb), A3 = a3, B3 = b3;
      if (WIDE) {
        const X = v128.load(p, 112);
        A3 = f32x4.mul(X, wa), B3 = f32x4.mul(X, wb);
      }
      x = v128.load(p, 128);
      let a4 = f32x4.mul(x, wa), b4 = f32x4.mul(x, wb), A4 = a4, B4 = b4;
      if (WIDE) {
        const X = v128.load(p, 144);
        A4 = f32x4.mul(X, wa), B4 = f32x4.mul(X, wb);
      }
      for (w += 8; w < next; w += 8) {
        p += PATCH_WINDOWS * LANE_ROW;
        wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
        x = v128.load(p);
        a0 = madd(x, wa, a0), b0 = madd(x, wb, b0);
        if (WIDE) {
          const X = v128.load(p, 16);
          A0 = madd(X, wa, A0), B0 = madd(X, wb, B0);
        }
        x = v128.load(p, 32);
        a1 = madd(x, wa, a1), b1 = madd(x, wb, b1);
        if (WIDE) {
          const X = v128.load(p, 48);
          A1 = madd(X, wa, A1), B1 = madd(X, wb, B1);
        }
        x = v128.load(p, 64);
        a2 = madd(x, wa, a2), b2 = madd(x, wb, b2);
        if (WIDE) {
          const X = v128.load(p, 80);
          A2 = madd(X, wa, A2), B2 = madd(X, wb, B2);
        }
        x = v128.load(p, 96);
        a3 = madd(x, wa, a3), b3 = madd(x, wb, b3);
        if (WIDE) {
          const X = v128.load(p, 112);
          A3 = madd(X, wa, A3), B3 = madd(X, wb, B3);
        }
        x = v128.load(p, 128);
        a4 = madd(x, wa, a4), b4 = madd(x, wb, b4);
        if (WIDE) {
          const X = v128.load(p, 144);
          A4 = madd(X, wa, A4), B4 = madd(X, wb, B4);
        }
      }
      const q = to + 16 * half;
      if (WIDE) v128.store(q, A0, 16);
      v128.store(q, a0);
      if (WIDE) v128.store(q, A1, 48);
      v128.store(q, a1, 32);
      if (WIDE) v128.store(q, A2, 80);
      v128.store(q, a2, 64);
      if (WIDE) v128.store(q, A3, 112);
      v128.store(q, a3, 96);
      if (WIDE) v128.store(q, A4, 144);
      v128.store(q, a4, 128);
      if (WIDE) v128.store(q, B0, 176);
      v128.store(q, b0, 160);
      if (WIDE) v128.store(q, B1, 208);
      v128.store(q, b1, 192);
      if (WIDE) v128.store(q, B2, 240);
      v128.store(q, b2, 224);
      if (WIDE) v128.store(q, B3, 272);
      v128.store(q, b3, 256);
      if (WIDE) v128.store(q, B4, 304);
      v128.store(q, b4, 288);
      if (WIDE) break;
    }
    filters = next;
    patches += <usize> (channels * PATCH_WINDOWS) * LANE_ROW;
  }
}

/** Aᵀ m A of a filter's windows, and what wins in each. */
export function poolWindows(
  m: usize,
  bias: usize,
  windows: i32,
  output: usize,
  argmax: usize,
  start: i32,
  right: i32,
  down: i32,
): void {
  const toRight = i32x4.splat(right), toBelow = i32x4.splat(down), toNext = i32x4.splat(2 * right);
  let first = i32x4.splat(start);
  const b = v128.load32_splat(bias), two = constant(0);
  for (const end = m + <usize> windows * LANE_ROW; m < end; m += LANE_ROW) {
    for (let half: usize = 0; half < 32; half += 16) {
      const p0 = m + half, p1 = p0 + VALUE, p2 = p1 + VALUE, p3 = p2 + VALUE, p4 = p3 + VALUE, p5 = p4 + VALUE;
      let m1 = upper(p1), m2 = upper(p2), m3 = upper(p3), m4 = upper(p4);
      const x0 = f32x4.add(evenSum(upper(p0), m1, m2, m3, m4), b);
      const x1 = f32x4.add(oddSum(m1, m2, m3, m4, upper(p5), two), b);
      m1 = lower(p1, two), m2 = lower(p2, two), m3 = lower(p3, two), m4 = lower(p4, two);
      const x2 = f32x4.add(evenSum(lower(p0, two), m1, m2, m3, m4), b);
      const x3 = f32x4.add(oddSum(m1, m2, m3, m4, lower(p5, two), two), b);
      let X0 = x0, X1 = x1, X2 = x2, X3 = x3;
      if (WIDE) {
        let M1 = Upper(p1), M2 = Upper(p2), M3 = Upper(p3), M4 = Upper(p4);
        X0 = f32x4.add(evenSum(Upper(p0), M1, M2, M3, M4), b);
        X1 = f32x4.add(oddSum(M1, M2, M3, M4, Upper(p5), two), b);
        M1 = Lower(p1, two), M2 = Lower(p2, two), M3 = Lower(p3, two), M4 = Lower(p4, two);
        X2 = f32x4.add(evenSum(Lower(p0, two), M1, M2, M3, M4), b);
        X3 = f32x4.add(oddSum(M1, M2, M3, M4, Lower(p5, two), two), b);
      }
      poolTo(output + half, argmax + half, x0, x1, x2, x3, X0, X1, X2, X3, first, toRight, toBelow);
      if (WIDE) break;
    }
    output += LANE_ROW, argmax += LANE_ROW, first = i32x4.add(first, toNext);
  }
}

/** The first row of Aᵀ times six numbers, of which the last counts nothing. */
// @ts-ignore: decorator
@inline
function evenSum(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, f32x4.add(m1, m2)), f32x4.add(m3, m4));
}

/** The second row of Aᵀ times six numbers, of which the first counts nothing. */
// @ts-ignore: decorator
@inline
function oddSum(m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, two: v128): v128 {
  return madd(f32x4.sub(m3, m4), two, f32x4.add(f32x4.sub(m1, m2), m5));
}

/** `evenSum` of a column of the 36 values. */
// @ts-ignore: decorator
@inline
function upper(m: usize): v128 {
  return evenSum(
    v128.load(m),
    v128.load(m, 6 * VALUE),
    v128.load(m, 12 * VALUE),
    v128.load(m, 18 * VALUE),
    v128.load(m, 24 * VALUE),
  );
}

/** `evenSum` of a column of the 36 values, of the other four images. */
// @ts-ignore: decorator
@inline
function Upper(m: usize): v128 {
  return evenSum(
    v128.load(m, 16),
    v128.load(m, 6 * VALUE + 16),
    v128.load(m, 12 * VALUE + 16),
    v128.load(m, 18 * VALUE + 16),
    v128.load(m, 24 * VALUE + 16),
  );
}

/** `oddSum` of a column of the 36 values. */
// @ts-ignore: decorator
@inline
function lower(m: usize, two: v128): v128 {
  return oddSum(
    v128.load(m, 6 * VALUE),
    v128.load(m, 12 * VALUE),
    v128.load(m, 18 * VALUE),
    v128.load(m, 24 * VALUE),
    v128.load(m, 30 * VALUE),
    two,
  );
}

/** `oddSum` of a column of the 36 values, of the other four images. */
// @ts-ignore: decorator
@inline
function Lower(m: usize, two: v128): v128 {
  return oddSum(
    v128.load(m, 6 * VALUE + 16),
    v128.load(m, 12 * VALUE + 16),
    v128.load(m, 18 * VALUE + 16),
    v128.load(m, 24 * VALUE + 16),
    v128.load(m, 30 * VALUE + 16),
    two,
  );
}
