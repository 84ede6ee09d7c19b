import type { FloatArray } from "./array.ts";

/**
 * A matrix inside an array: element (i, j) stands at `offset + i · rowStride + j · columnStride`. To swap
 * the two strides is to transpose the matrix, and no number has to move.
 */
export interface Matrix {
  readonly data: FloatArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A row-major matrix with `columns` columns. */
export function matrix(data: FloatArray, columns: number, offset = 0): Matrix {
  return { data, offset, rowStride: columns, columnStride: 1 };
}

/** The transpose, as a view of the same numbers. */
export function transpose({ data, offset, rowStride, columnStride }: Matrix): Matrix {
  return { data, offset, rowStride: columnStride, columnStride: rowStride };
}

/**
 * General matrix multiplication: C = A·B, or C += A·B with `accumulate`, for A (m, k), B (k, n) and a
 * row-major C (m, n), that is C[i, j] = Σ_p A[i, p] · B[p, j].
 *
 * C is computed in tiles of 4 × 4. The sixteen sums of a tile stay in registers while p runs from 0 to
 * k − 1, so that each number that is loaded is used four times. The rows and columns that fill no tile
 * are computed one element at a time.
 */
export function gemm(
  m: number,
  n: number,
  k: number,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  accumulate = false,
): void {
  const [ad, ai, ap] = [a.data, a.rowStride, a.columnStride];
  const [bd, bp, bj] = [b.data, b.rowStride, b.columnStride];
  const [cd, ci] = [c.data, c.rowStride];
  if (!accumulate) {
    for (let i = 0; i < m; i++) cd.fill(0, c.offset + i * ci, c.offset + i * ci + n);
  }
  const mTiled = m - m % 4;
  const nTiled = n - n % 4;
  for (let i = 0; i < mTiled; i += 4) {
    for (let j = 0; j < nTiled; j += 4) {
      let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
      let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
      let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
      let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
      let x = a.offset + i * ai;
      let y = b.offset + j * bj;
      for (let p = 0; p < k; p++) {
        const b0 = bd[y]!, b1 = bd[y + bj]!, b2 = bd[y + 2 * bj]!, b3 = bd[y + 3 * bj]!;
        const a0 = ad[x]!;
        c00 += a0 * b0, c01 += a0 * b1, c02 += a0 * b2, c03 += a0 * b3;
        const a1 = ad[x + ai]!;
        c10 += a1 * b0, c11 += a1 * b1, c12 += a1 * b2, c13 += a1 * b3;
        const a2 = ad[x + 2 * ai]!;
        c20 += a2 * b0, c21 += a2 * b1, c22 += a2 * b2, c23 += a2 * b3;
        const a3 = ad[x + 3 * ai]!;
        c30 += a3 * b0, c31 += a3 * b1, c32 += a3 * b2, c33 += a3 * b3;
        x += ap;
        y += bp;
      }
      let z = c.offset + i * ci + j;
      cd[z]! += c00, cd[z + 1]! += c01, cd[z + 2]! += c02, cd[z + 3]! += c03;
      z += ci;
      cd[z]! += c10, cd[z + 1]! += c11, cd[z + 2]! += c12, cd[z + 3]! += c13;
      z += ci;
      cd[z]! += c20, cd[z + 1]! += c21, cd[z + 2]! += c22, cd[z + 3]! += c23;
      z += ci;
      cd[z]! += c30, cd[z + 1]! += c31, cd[z + 2]! += c32, cd[z + 3]! += c33;
    }
  }
  edge(0, mTiled, nTiled, n, k, a, b, c);
  edge(mTiled, m, 0, n, k, a, b, c);
}

/** Adds rows i0 to i1 − 1 and columns j0 to j1 − 1 of A·B to C, element by element. */
function edge(
  i0: number,
  i1: number,
  j0: number,
  j1: number,
  k: number,
  a: Matrix,
  b: Matrix,
  c: Matrix,
): void {
  const [ad, bd, ap, bp] = [a.data, b.data, a.columnStride, b.rowStride];
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) {
      let sum = 0;
      let x = a.offset + i * a.rowStride;
      let y = b.offset + j * b.columnStride;
      for (let p = 0; p < k; p++, x += ap, y += bp) sum += ad[x]! * bd[y]!;
      c.data[c.offset + i * c.rowStride + j]! += sum;
    }
  }
}
