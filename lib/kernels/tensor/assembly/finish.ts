import { activate4 } from "./fused_activation";
import { storeSome } from "./lanes_of_vector";
import { C_ROW } from "./tiles";

/**
 * f(c + bias) of a panel of C's buffer to where it is wanted.
 * @param columns 1 to 16
 * @param bias one number for each column, or 0
 */
export function finish(
  c: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  kind: i32,
  alpha: f32,
  to: usize,
  toRow: usize,
): void {
  const slope = f32x4.splat(alpha);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, count = columns - j;
    const b = bias == 0 ? f32x4.splat(0) : v128.load(bias + at);
    let from = c + at, q = to + at;
    for (let r = 0; r < rows; r++, from += C_ROW, q += toRow) {
      const sum = bias == 0 ? v128.load(from) : f32x4.add(v128.load(from), b);
      const y = activate4(kind, slope, sum);
      if (count >= 4) v128.store(q, y);
      else storeSome(q, y, count);
    }
  }
}
