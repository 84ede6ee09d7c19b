// Matrix products of the dense layers.
//
// B and C stand in panels of 16 columns, each panel row-major, so that a tile reads and writes
// whole neighbouring vectors. For each k a tile loads a row of B and a number of A for each of its
// own rows. Wide build: 6 rows × 16 columns, as many sums as the registers hold; what six do not
// divide gets tiles of 4 rows. Narrow build: 4 × 8 (two rounds a panel), so that there are
// registers for several numbers of A at once: there each load costs a check of its bounds.

import { PANEL, PANEL_ROW } from "../kernel_constants";
import { DenseLayer, GemmShape } from "./layers";
import { madd } from "./math";
import { VECTOR } from "./vectors";

/** A panel's row of zeros. */
const ZEROS = new StaticArray<f32>(PANEL);

/**
 * C = A·B or C += A·B.
 * @param rows of A and C, rounded up to a multiple of 4 inside: A and C need the room
 * @param depth columns of A, rows of B
 */
export function gemm(
  shape: GemmShape,
  rows: i32,
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  accumulate: bool,
): void {
  const panels = shape.panels, aRow = shape.aRow, aColumn = shape.aColumn;
  const bPanel = shape.bPanel, bRow = shape.bRow, cPanel = shape.cPanel, cRow = shape.cRow;
  const even = (rows + 3) & ~3;
  // so many tiles of four rows that six divide the others: at most two
  const fours = !WIDE ? even / 4 : even % 6 == 0 ? 0 : even % 6 == 4 ? 1 : 2;
  const sixes = (even - 4 * fours) / 6;
  for (let panel = 0; panel < panels; panel++, b += bPanel, c += cPanel) {
    for (let column = 0; column < PANEL_ROW; column += 2 * VECTOR) {
      const q = b + column, end = q + depth * bRow;
      let p = a, to = c + column;
      if (WIDE) {
        for (let i = 0; i < sixes; i++, p += 6 * aRow, to += 6 * cRow) {
          tile(6, p, aRow, aColumn, q, bRow, end, to, cRow, accumulate);
        }
      }
      for (let i = 0; i < fours; i++, p += 4 * aRow, to += 4 * cRow) {
        tile(4, p, aRow, aColumn, q, bRow, end, to, cRow, accumulate);
      }
    }
  }
}

/**
 * Four or six rows by two vectors of C; what is known when this is compiled, `rows` among it, costs
 * nothing.
 * @param end where the rows of B, from `q` on, end
 */

// @inline
function tile(
  rows: i32,
  p: usize,
  aRow: usize,
  aColumn: usize,
  q: usize,
  bRow: usize,
  end: usize,
  c0: usize,
  cRow: usize,
  accumulate: bool,
): void {
  const six = rows == 6;
  const c1 = c0 + cRow, c2 = c1 + cRow, c3 = c2 + cRow, c4 = c3 + cRow, c5 = c4 + cRow;
  // what the sums start from
  const z0 = accumulate ? c0 : changetype<usize>(ZEROS), step = accumulate ? cRow : 0;
  const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step, z4 = z3 + step, z5 = z4 + step;
  let $s00 = v128.load(z0), $s01 = v128.load(z0, VECTOR);
  let $s10 = v128.load(z1), $s11 = v128.load(z1, VECTOR);
  let $s20 = v128.load(z2), $s21 = v128.load(z2, VECTOR);
  let $s30 = v128.load(z3), $s31 = v128.load(z3, VECTOR);
  let $s40 = $s00, $s41 = $s00, $s50 = $s00, $s51 = $s00;
  if (six) {
    $s40 = v128.load(z4), $s41 = v128.load(z4, VECTOR);
    $s50 = v128.load(z5), $s51 = v128.load(z5, VECTOR);
  }
  // narrow: four numbers of a column of A at once
  if (!WIDE && aRow == 4) {
    for (; q < end; q += bRow, p += aColumn) {
      const $b0 = v128.load(q), $b1 = v128.load(q, VECTOR);
      const x = v128.load(p);
      const x0 = v128.shuffle<f32>(x, x, 0, 0, 0, 0);
      $s00 = madd(x0, $b0, $s00), $s01 = madd(x0, $b1, $s01);
      const x1 = v128.shuffle<f32>(x, x, 1, 1, 1, 1);
      $s10 = madd(x1, $b0, $s10), $s11 = madd(x1, $b1, $s11);
      const x2 = v128.shuffle<f32>(x, x, 2, 2, 2, 2);
      $s20 = madd(x2, $b0, $s20), $s21 = madd(x2, $b1, $s21);
      const x3 = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
      $s30 = madd(x3, $b0, $s30), $s31 = madd(x3, $b1, $s31);
    }
  }
  // or two of each row
  if (!WIDE && aColumn == 4) {
    for (const last = end - bRow; q < last; q += 2 * bRow, p += 8) {
      const $b0 = v128.load(q), $b1 = v128.load(q, VECTOR);
      const next = q + bRow;
      const $d0 = v128.load(next), $d1 = v128.load(next, VECTOR);
      const x0 = v128.load64_splat(p);
      const y0 = v128.shuffle<f32>(x0, x0, 0, 0, 0, 0), z0 = v128.shuffle<f32>(x0, x0, 1, 1, 1, 1);
      $s00 = madd(z0, $d0, madd(y0, $b0, $s00)), $s01 = madd(z0, $d1, madd(y0, $b1, $s01));
      const x1 = v128.load64_splat(p + aRow);
      const y1 = v128.shuffle<f32>(x1, x1, 0, 0, 0, 0), z1 = v128.shuffle<f32>(x1, x1, 1, 1, 1, 1);
      $s10 = madd(z1, $d0, madd(y1, $b0, $s10)), $s11 = madd(z1, $d1, madd(y1, $b1, $s11));
      const x2 = v128.load64_splat(p + 2 * aRow);
      const y2 = v128.shuffle<f32>(x2, x2, 0, 0, 0, 0), z2 = v128.shuffle<f32>(x2, x2, 1, 1, 1, 1);
      $s20 = madd(z2, $d0, madd(y2, $b0, $s20)), $s21 = madd(z2, $d1, madd(y2, $b1, $s21));
      const x3 = v128.load64_splat(p + 3 * aRow);
      const y3 = v128.shuffle<f32>(x3, x3, 0, 0, 0, 0), z3 = v128.shuffle<f32>(x3, x3, 1, 1, 1, 1);
      $s30 = madd(z3, $d0, madd(y3, $b0, $s30)), $s31 = madd(z3, $d1, madd(y3, $b1, $s31));
    }
  }
  for (; q < end; q += bRow, p += aColumn) {
    const $b0 = v128.load(q), $b1 = v128.load(q, VECTOR);
    const x0 = v128.load32_splat(p);
    $s00 = madd(x0, $b0, $s00), $s01 = madd(x0, $b1, $s01);
    const x1 = v128.load32_splat(p + aRow);
    $s10 = madd(x1, $b0, $s10), $s11 = madd(x1, $b1, $s11);
    const x2 = v128.load32_splat(p + 2 * aRow);
    $s20 = madd(x2, $b0, $s20), $s21 = madd(x2, $b1, $s21);
    const x3 = v128.load32_splat(p + 3 * aRow);
    $s30 = madd(x3, $b0, $s30), $s31 = madd(x3, $b1, $s31);
    if (six) {
      const x4 = v128.load32_splat(p + 4 * aRow);
      $s40 = madd(x4, $b0, $s40), $s41 = madd(x4, $b1, $s41);
      const x5 = v128.load32_splat(p + 5 * aRow);
      $s50 = madd(x5, $b0, $s50), $s51 = madd(x5, $b1, $s51);
    }
  }
  v128.store(c0, $s00);
  v128.store(c0, $s01, VECTOR);
  v128.store(c1, $s10);
  v128.store(c1, $s11, VECTOR);
  v128.store(c2, $s20);
  v128.store(c2, $s21, VECTOR);
  v128.store(c3, $s30);
  v128.store(c3, $s31, VECTOR);
  if (!six) return;
  v128.store(c4, $s40);
  v128.store(c4, $s41, VECTOR);
  v128.store(c5, $s50);
  v128.store(c5, $s51, VECTOR);
}

/**
 * The transpose of a layer's weights: from (inputs, units) in panels of units to (units, inputs) in
 * panels of inputs. Both numbers are rounded up to multiples of 4 inside: the panels need the room.
 */
export function transposePanels(layer: DenseLayer): void {
  const from = layer.weights, to = layer.transposed;
  const inputs = layer.inputs, outputs = layer.units;
  const fromPanel = layer.panelBytes, toPanel = layer.transposedPanelBytes;
  for (let o = 0; o < outputs; o += 4) {
    const source = from + <usize> (o / PANEL) * fromPanel + (<usize> (o % PANEL) << 2);
    for (let i = 0; i < inputs; i += 4) {
      const p = source + (<usize> i << 6);
      const x = v128.load(p), y = v128.load(p, 64), z = v128.load(p, 128), w = v128.load(p, 192);
      const e = v128.shuffle<f32>(x, y, 0, 4, 1, 5), f = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
      const g = v128.shuffle<f32>(z, w, 0, 4, 1, 5), h = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
      const q = to + <usize> (i / PANEL) * toPanel + (<usize> o << 6) + (<usize> (i % PANEL) << 2);
      v128.store(q, v128.shuffle<f64>(e, g, 0, 2));
      v128.store(q, v128.shuffle<f64>(e, g, 1, 3), 64);
      v128.store(q, v128.shuffle<f64>(f, h, 0, 2), 128);
      v128.store(q, v128.shuffle<f64>(f, h, 1, 3), 192);
    }
  }
}
