import { madd, tanhConstant } from "../../assembly/math";
import { activate4, LINEAR, TANH } from "./fused_activation";
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
    if (kind == TANH) tanhColumns(from, end, b, q, toRow, count);
    else if (count < 4) {
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

/** tanh(c + b) of up to four columns, as `activateLanes` computes it: with the constants read once. */
function tanhColumns(c: usize, end: usize, b: v128, to: usize, toRow: usize, count: i32): void {
  const p0 = tanhConstant(0), p1 = tanhConstant(1), p2 = tanhConstant(2), p3 = tanhConstant(3);
  const q0 = tanhConstant(5), q1 = tanhConstant(6), q2 = tanhConstant(7), q3 = tanhConstant(8);
  const one = tanhConstant(4), high = tanhConstant(10), low = tanhConstant(11);
  for (; c < end; c += C_ROW, to += toRow) {
    const x = f32x4.pmin(f32x4.pmax(f32x4.add(v128.load(c), b), low), high);
    const u = f32x4.mul(x, x);
    const p = madd(madd(madd(madd(p0, u, p1), u, p2), u, p3), u, one);
    const q = madd(madd(madd(madd(q0, u, q1), u, q2), u, q3), u, one);
    const y = f32x4.div(f32x4.mul(x, p), q);
    if (count >= 4) v128.store(to, y);
    else storeSome(to, y, count);
  }
}
