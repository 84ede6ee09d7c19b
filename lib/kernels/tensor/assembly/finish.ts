import { activate4, LINEAR } from "./fused_activation";
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
    // −0 added to a number leaves it as it is
    const b = bias == 0 ? f32x4.splat(-0.0) : v128.load(bias + at);
    let from = c + at, q = to + at;
    const end = from + <usize> rows * C_ROW;
    if (count < 4) {
      for (; from < end; from += C_ROW, q += toRow) {
        storeSome(q, activate4(kind, slope, f32x4.add(v128.load(from), b)), count);
      }
    } else if (kind == LINEAR) {
      for (; from < end; from += C_ROW, q += toRow) v128.store(q, f32x4.add(v128.load(from), b));
    } else {
      for (; from < end; from += C_ROW, q += toRow) {
        v128.store(q, activate4(kind, slope, f32x4.add(v128.load(from), b)));
      }
    }
  }
}
