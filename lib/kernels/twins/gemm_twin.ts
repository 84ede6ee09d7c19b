/**
 * Readable twins of assembly/gemm.ts and of `gemv` in assembly/single.ts: matrix products for dense
 * layers. B and C stand in panels of 16 columns. Sums are in float64; the kernels' are in float32.
 */
import { PANEL } from "../kernel_constants.ts";

/** A product and its layout; all strides count numbers. */
export interface GemmInput {
  /** Rows of A and C. */
  readonly rows: number;
  /** Panels of B and C. */
  readonly panels: number;
  /** Columns of A, rows of B. */
  readonly depth: number;
  /** A[i, k] = a[aRow·i + aColumn·k] */
  readonly a: ArrayLike<number>;
  readonly aRow: number;
  readonly aColumn: number;
  /** B[k, 16·p + j] = b[bPanel·p + bRow·k + j] */
  readonly b: ArrayLike<number>;
  readonly bPanel: number;
  readonly bRow: number;
  /** C[i, 16·p + j] = c[cPanel·p + cRow·i + j] */
  readonly c: ArrayLike<number>;
  readonly cPanel: number;
  readonly cRow: number;
  readonly accumulate: boolean;
}

/**
 * C = A·B, or C + A·B where `accumulate` says so.
 * @returns as long as `c`; NaN where C has no number
 */
export function gemm(product: GemmInput): Float64Array {
  const { rows, panels, depth, a, aRow, aColumn, b, bPanel, bRow } = product;
  const { c, cPanel, cRow, accumulate } = product;
  const result = new Float64Array(c.length).fill(NaN);
  for (let panel = 0; panel < panels; panel++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < PANEL; j++) {
        const at = cPanel * panel + cRow * i + j;
        let sum = accumulate ? c[at]! : 0;
        for (let k = 0; k < depth; k++) {
          sum += a[aRow * i + aColumn * k]! * b[bPanel * panel + bRow * k + j]!;
        }
        result[at] = sum;
      }
    }
  }
  return result;
}

/**
 * One row of A times B.
 * @param a (depth)
 * @param b (panels, depth, 16), panels `bPanel` numbers apart
 * @returns (16·panels)
 */
export function gemv(
  panels: number,
  depth: number,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  bPanel: number,
): Float64Array {
  return gemm({
    ...{ rows: 1, panels, depth, a, aRow: depth, aColumn: 1, b, bPanel, bRow: PANEL },
    ...{ c: new Float64Array(PANEL * panels), cPanel: PANEL, cRow: PANEL * panels },
    accumulate: false,
  });
}

/** A matrix in panels of columns, and the layout of its transpose; strides count numbers. */
export interface PanelsInput {
  /** Element (i, o) = from[fromPanel·⌊o/16⌋ + 16·i + o mod 16] */
  readonly from: ArrayLike<number>;
  readonly inputs: number;
  readonly fromPanel: number;
  readonly outputs: number;
  readonly toPanel: number;
}

/**
 * The transpose: element (o, i) = to[toPanel·⌊i/16⌋ + 16·o + i mod 16].
 * @returns ⌈inputs/16⌉ panels; NaN where the transpose has no number
 */
export function transposePanels(
  { from, inputs, fromPanel, outputs, toPanel }: PanelsInput,
): Float64Array {
  const to = new Float64Array(Math.ceil(inputs / PANEL) * toPanel).fill(NaN);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const source = fromPanel * Math.floor(o / PANEL) + PANEL * i + o % PANEL;
      to[toPanel * Math.floor(i / PANEL) + PANEL * o + i % PANEL] = from[source]!;
    }
  }
  return to;
}
