// Functions of four floats at once, for all floats: NaN stays NaN, infinities give what Math gives.
import { constant } from "../../assembly/math";

/** The ends of exp's range, log2 e, ln 2 in two parts of which the first is short, and 1/k! from k = 7. */
const EXP: StaticArray<f32> = [
  -104.0,
  89.0,
  1.44269504088896341,
  0.693359375,
  -2.12194440e-4,
  1.0 / 5040.0,
  1.0 / 720.0,
  1.0 / 120.0,
  1.0 / 24.0,
  1.0 / 6.0,
  0.5,
  1.0,
];

/**
 * eˣ: x = n·ln 2 + r, eʳ by its Taylor series (|r| ≤ 0.35), 2ⁿ by its bits and in two factors, so that
 * what is too large or too small comes out as infinity, a subnormal or zero.
 */
// @inline
export function expAll4(x: v128): v128 {
  // pmax and pmin, unlike max and min, are one instruction and keep a first operand that is NaN
  x = f32x4.pmin(f32x4.pmax(x, constant(EXP, 0)), constant(EXP, 1));
  const n = f32x4.nearest(f32x4.mul(x, constant(EXP, 2)));
  let r = f32x4.relaxed_nmadd(n, constant(EXP, 3), x);
  r = f32x4.relaxed_nmadd(n, constant(EXP, 4), r);
  const one = constant(EXP, 11);
  let p = f32x4.relaxed_madd(constant(EXP, 5), r, constant(EXP, 6));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 7));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 8));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 9));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 10));
  p = f32x4.relaxed_madd(p, r, one);
  p = f32x4.relaxed_madd(p, r, one);
  const whole = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(whole, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** √½, the coefficients of Cephes' logf, and ln 2 in two parts. */
const LOG: StaticArray<f32> = [
  0.707106781186547524,
  7.0376836292e-2,
  -1.1514610310e-1,
  1.1676998740e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
  -2.12194440e-4,
  0.693359375,
  0.5,
  1.0,
];

/** ln x: x = m·2ᵉ with m from √½ to √2, ln m by a polynomial in m − 1 (Cephes' logf). */
// @inline
export function log4(x: v128): v128 {
  const zero = f32x4.splat(0), one = constant(LOG, 13);
  // a subnormal is made 2²³ times as large first
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  let e = i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(126));
  e = i32x4.sub(e, v128.and(small, i32x4.splat(23)));
  let m = v128.or(
    v128.and(scaled, i32x4.splat(0x7fffff)),
    v128.and(constant(LOG, 12), i32x4.splat(0x7f800000)),
  );
  const low = f32x4.lt(m, constant(LOG, 0));
  e = i32x4.add(e, low); // true is −1
  m = f32x4.sub(f32x4.add(m, v128.and(m, low)), one);
  const z = f32x4.mul(m, m), k = f32x4.convert_i32x4_s(e);
  let p = f32x4.relaxed_madd(constant(LOG, 1), m, constant(LOG, 2));
  for (let i = 3; i < 10; i++) p = f32x4.relaxed_madd(p, m, constant(LOG, i));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = f32x4.relaxed_madd(k, constant(LOG, 10), p);
  p = f32x4.relaxed_nmadd(constant(LOG, 12), z, p);
  let y = f32x4.relaxed_madd(k, constant(LOG, 11), f32x4.add(m, p));
  const infinity = f32x4.splat(Infinity);
  y = v128.bitselect(x, y, f32x4.eq(x, infinity)); // ln ∞ = ∞
  y = v128.bitselect(f32x4.neg(infinity), y, f32x4.eq(x, zero));
  // below zero and NaN
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, zero));
}

/** 1 / (1 + e⁻ˣ). */
// @inline
export function sigmoidAll4(x: v128): v128 {
  const one = constant(EXP, 11);
  return f32x4.div(one, f32x4.add(one, expAll4(f32x4.neg(x))));
}

/** Stores the first `count` lanes, 1 to 3 of them or all. */
export function storeLanes(to: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, x);
    return;
  }
  store<f32>(to, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(x, 2), 8);
}
