// The three parts of `convPoolWinograd` on a tile of five windows; the formulas stand in
// winograd.ts.
import { LANE_ROW, PATCH_COLUMNS, PATCH_POINTS, PATCH_WINDOWS } from "../kernel_constants";
import { largest, patchOfLargest } from "./conv";
import { constant as ofTable, madd } from "./math";
import { VECTOR } from "./vectors";

/** Bytes of one value of two filters and a tile of windows. */
const VALUE = 2 * PATCH_WINDOWS * LANE_ROW;

/** Read from memory, see math.ts. */
const CONSTANTS: StaticArray<f32> = [2, -2, 4, -4];

function constant(i: usize): v128 {
  return ofTable(CONSTANTS, i);
}

/**
 * Bᵀ d B of five windows of one channel: first down the columns that they share, then along each
 * row.
 */
export function transformPatches(
  corner: usize,
  row: usize,
  columns: usize,
  to: usize,
  channels: i32,
): void {
  const width: usize = PATCH_COLUMNS * LANE_ROW;
  for (let x: usize = 0; x < width; x += VECTOR) {
    transformPixels(corner + x, row, columns + x, width);
  }
  const step = <usize> (channels * PATCH_WINDOWS) * LANE_ROW;
  for (let y = 0; y < 6; y++, columns += width, to += 6 * step) {
    for (let window = 0; window < PATCH_WINDOWS * LANE_ROW; window += LANE_ROW) {
      for (let half = 0; half < LANE_ROW; half += VECTOR) {
        transformPixels(columns + 2 * window + half, LANE_ROW, to + window + half, step);
      }
    }
  }
}

/** Bᵀ d in one direction: six vectors `step` apart to six, `toStep` apart. */

// @inline
function transformPixels(from: usize, step: usize, to: usize, toStep: usize): void {
  const two = constant(0), minusTwo = constant(1), four = constant(2), minusFour = constant(3);
  const from1 = from + step, from2 = from1 + step, from3 = from2 + step, from4 = from3 + step;
  const $d1 = v128.load(from1), $d2 = v128.load(from2);
  const $d3 = v128.load(from3), $d4 = v128.load(from4);
  const $even = f32x4.sub($d4, $d2), $odd = f32x4.sub($d3, $d1);
  const $far = madd($d2, minusFour, $d4), $near = madd($d1, minusFour, $d3);
  const $first = f32x4.sub(v128.load(from), $d2);
  const $last = f32x4.sub(v128.load(from4 + step), $d3);
  v128.store(to, madd($first, four, $even)); // 4 0 −5 0 1 0
  to += toStep;
  v128.store(to, f32x4.add($far, $near)); // 0 −4 −4 1 1 0
  to += toStep;
  v128.store(to, f32x4.sub($far, $near)); // 0 4 −4 −1 1 0
  to += toStep;
  v128.store(to, madd($odd, two, $even)); // 0 −2 −1 2 1 0
  to += toStep;
  v128.store(to, madd($odd, minusTwo, $even)); // 0 2 −1 −2 1 0
  to += toStep;
  v128.store(to, madd($odd, minusFour, $last)); // 0 4 0 −5 0 1
}

/**
 * Products of two filters with five windows, summed over the channels, value by value. Tile: two
 * filters × five windows × eight images.
 * @param to (36, 2, 5) lanes
 */
export function multiply(filters: usize, patches: usize, channels: i32, to: usize): void {
  for (let point = 0; point < PATCH_POINTS; point++, to += VALUE) {
    const next = filters + (<usize> channels << 3);
    for (let half = 0; half < LANE_ROW; half += VECTOR) {
      let w = filters, p = patches + half;
      let wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
      let $x = v128.load(p);
      let $a0 = f32x4.mul($x, wa), $b0 = f32x4.mul($x, wb);
      $x = v128.load(p, 32);
      let $a1 = f32x4.mul($x, wa), $b1 = f32x4.mul($x, wb);
      $x = v128.load(p, 64);
      let $a2 = f32x4.mul($x, wa), $b2 = f32x4.mul($x, wb);
      $x = v128.load(p, 96);
      let $a3 = f32x4.mul($x, wa), $b3 = f32x4.mul($x, wb);
      $x = v128.load(p, 128);
      let $a4 = f32x4.mul($x, wa), $b4 = f32x4.mul($x, wb);
      for (w += 8; w < next; w += 8) {
        p += PATCH_WINDOWS * LANE_ROW;
        wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
        $x = v128.load(p);
        $a0 = madd($x, wa, $a0), $b0 = madd($x, wb, $b0);
        $x = v128.load(p, 32);
        $a1 = madd($x, wa, $a1), $b1 = madd($x, wb, $b1);
        $x = v128.load(p, 64);
        $a2 = madd($x, wa, $a2), $b2 = madd($x, wb, $b2);
        $x = v128.load(p, 96);
        $a3 = madd($x, wa, $a3), $b3 = madd($x, wb, $b3);
        $x = v128.load(p, 128);
        $a4 = madd($x, wa, $a4), $b4 = madd($x, wb, $b4);
      }
      const q = to + half;
      v128.store(q, $a0);
      v128.store(q, $a1, 32);
      v128.store(q, $a2, 64);
      v128.store(q, $a3, 96);
      v128.store(q, $a4, 128);
      v128.store(q, $b0, 160);
      v128.store(q, $b1, 192);
      v128.store(q, $b2, 224);
      v128.store(q, $b3, 256);
      v128.store(q, $b4, 288);
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
    for (let half = 0; half < LANE_ROW; half += VECTOR) {
      const p0 = m + half, p1 = p0 + VALUE, p2 = p1 + VALUE;
      const p3 = p2 + VALUE, p4 = p3 + VALUE, p5 = p4 + VALUE;
      let $m1 = $upper(p1), $m2 = $upper(p2), $m3 = $upper(p3), $m4 = $upper(p4);
      const $x0 = f32x4.add(evenSum($upper(p0), $m1, $m2, $m3, $m4), b);
      const $x1 = f32x4.add(oddSum($m1, $m2, $m3, $m4, $upper(p5), two), b);
      $m1 = $lower(p1, two), $m2 = $lower(p2, two), $m3 = $lower(p3, two), $m4 = $lower(p4, two);
      const $x2 = f32x4.add(evenSum($lower(p0, two), $m1, $m2, $m3, $m4), b);
      const $x3 = f32x4.add(oddSum($m1, $m2, $m3, $m4, $lower(p5, two), two), b);
      v128.store(output + half, largest($x0, $x1, $x2, $x3));
      v128.store(argmax + half, patchOfLargest($x0, $x1, $x2, $x3, first, toRight, toBelow));
    }
    output += LANE_ROW, argmax += LANE_ROW, first = i32x4.add(first, toNext);
  }
}

/** The first row of Aᵀ times six numbers, of which the last counts nothing. */

// @inline
function evenSum(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, f32x4.add(m1, m2)), f32x4.add(m3, m4));
}

/** The second row of Aᵀ times six numbers, of which the first counts nothing. */

// @inline
function oddSum(m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, two: v128): v128 {
  return madd(f32x4.sub(m3, m4), two, f32x4.add(f32x4.sub(m1, m2), m5));
}

/** `evenSum` of a column of the 36 values. */

// @inline
function $upper(m: usize): v128 {
  return evenSum(
    v128.load(m),
    v128.load(m, 6 * VALUE),
    v128.load(m, 12 * VALUE),
    v128.load(m, 18 * VALUE),
    v128.load(m, 24 * VALUE),
  );
}

/** `oddSum` of a column of the 36 values. */

// @inline
function $lower(m: usize, two: v128): v128 {
  return oddSum(
    v128.load(m, 6 * VALUE),
    v128.load(m, 12 * VALUE),
    v128.load(m, 18 * VALUE),
    v128.load(m, 24 * VALUE),
    v128.load(m, 30 * VALUE),
    two,
  );
}
