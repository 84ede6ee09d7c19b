// Matrix products of the dense layers.
//
// B and C stand in panels of 16 columns, each panel row-major, so that a tile reads and writes whole
// neighbouring vectors. Tile: 4 rows × 16 columns in the wide build, 4 × 8 in the narrow one (two
// rounds a panel); for each k it loads a row of B and four numbers of A.

import { madd } from "./math";

/** A panel's row of zeros. */
const ZEROS = new StaticArray<f32>(16);

/** Columns of a panel. */
export const PANEL = 16;

/**
 * C = A·B or C += A·B.
 * @param rows of A and C, rounded up to a multiple of 4 inside: A and C need the room
 * @param panels number of 16-column panels of B and C
 * @param depth columns of A, rows of B
 * @param aRow, aColumn strides of A in bytes: (stride, 4) as it stands, (4, stride) transposed
 * @param bPanel, bRow, cPanel, cRow strides in bytes: weights have rows 64 apart; a panel of
 *   activations is 16 columns of longer rows
 */
export function gemm(
  rows: i32,
  panels: i32,
  depth: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bPanel: usize,
  bRow: usize,
  c: usize,
  cPanel: usize,
  cRow: usize,
  accumulate: bool,
): void {
  const zeros = changetype<usize>(ZEROS);
  for (let panel = 0; panel < panels; panel++, b += bPanel, c += cPanel) {
    for (let row = 0; row < rows; row += 4) {
      for (let half: usize = 0; half < 2; half++) {
        const c0 = c + row * cRow + 32 * half, c1 = c0 + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        // what the sums start from
        const z0 = accumulate ? c0 : zeros, step = accumulate ? cRow : 0;
        const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step;
        let s00 = v128.load(z0), s01 = v128.load(z0, 16);
        let s10 = v128.load(z1), s11 = v128.load(z1, 16);
        let s20 = v128.load(z2), s21 = v128.load(z2, 16);
        let s30 = v128.load(z3), s31 = v128.load(z3, 16);
        let s02 = s00, s03 = s00, s12 = s00, s13 = s00, s22 = s00, s23 = s00, s32 = s00, s33 = s00;
        if (WIDE) {
          s02 = v128.load(z0, 32), s03 = v128.load(z0, 48);
          s12 = v128.load(z1, 32), s13 = v128.load(z1, 48);
          s22 = v128.load(z2, 32), s23 = v128.load(z2, 48);
          s32 = v128.load(z3, 32), s33 = v128.load(z3, 48);
        }
        let p = a + row * aRow, q = b + 32 * half;
        const end = q + depth * bRow;
        if (!WIDE && aRow == 4) {
          // four neighbouring numbers of A at once
          for (; q < end; q += bRow, p += aColumn) {
            const b0 = v128.load(q), b1 = v128.load(q, 16), x = v128.load(p);
            const x0 = v128.shuffle<f32>(x, x, 0, 0, 0, 0),
              x1 = v128.shuffle<f32>(x, x, 1, 1, 1, 1);
            const x2 = v128.shuffle<f32>(x, x, 2, 2, 2, 2),
              x3 = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
            s00 = madd(x0, b0, s00), s01 = madd(x0, b1, s01);
            s10 = madd(x1, b0, s10), s11 = madd(x1, b1, s11);
            s20 = madd(x2, b0, s20), s21 = madd(x2, b1, s21);
            s30 = madd(x3, b0, s30), s31 = madd(x3, b1, s31);
          }
        }
        for (; q < end; q += bRow, p += aColumn) {
          const b0 = v128.load(q), b1 = v128.load(q, 16);
          const x0 = v128.load32_splat(p), x1 = v128.load32_splat(p + aRow);
          const x2 = v128.load32_splat(p + 2 * aRow), x3 = v128.load32_splat(p + 3 * aRow);
          s00 = madd(x0, b0, s00), s01 = madd(x0, b1, s01);
          s10 = madd(x1, b0, s10), s11 = madd(x1, b1, s11);
          s20 = madd(x2, b0, s20), s21 = madd(x2, b1, s21);
          s30 = madd(x3, b0, s30), s31 = madd(x3, b1, s31);
          if (WIDE) {
            const b2 = v128.load(q, 32), b3 = v128.load(q, 48);
            s02 = madd(x0, b2, s02), s03 = madd(x0, b3, s03);
            s12 = madd(x1, b2, s12), s13 = madd(x1, b3, s13);
            s22 = madd(x2, b2, s22), s23 = madd(x2, b3, s23);
            s32 = madd(x3, b2, s32), s33 = madd(x3, b3, s33);
          }
        }
        v128.store(c0, s00), v128.store(c0, s01, 16);
        if (WIDE) v128.store(c0, s02, 32), v128.store(c0, s03, 48);
        v128.store(c1, s10), v128.store(c1, s11, 16);
        if (WIDE) v128.store(c1, s12, 32), v128.store(c1, s13, 48);
        v128.store(c2, s20), v128.store(c2, s21, 16);
        if (WIDE) v128.store(c2, s22, 32), v128.store(c2, s23, 48);
        v128.store(c3, s30), v128.store(c3, s31, 16);
        if (WIDE) v128.store(c3, s32, 32), v128.store(c3, s33, 48);
        if (WIDE) break;
      }
    }
  }
}

/**
 * The transpose of panels: `from` holds (inputs, outputs) in panels of outputs, `to` gets (outputs,
 * inputs) in panels of inputs. Both numbers are multiples of 4 inside their panels' room.
 */
export function transposePanels(
  from: usize,
  inputs: i32,
  fromPanel: usize,
  outputs: i32,
  to: usize,
  toPanel: usize,
): void {
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
