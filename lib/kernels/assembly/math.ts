// Vector mathematics. Constants are read from memory with load32_splat: V8 rebuilds a constant
// vector at each use, which costs more than the load.

/** Degree of tanh's numerator and denominator in x². */
const TANH_NUMERATOR: StaticArray<f32> = [
  // tanh x ≈ x·P(x²)/Q(x²) on |x| ≤ 8: least squares of the relative error on Chebyshev points,
  // reweighted until level; 6.5e-9 before rounding. Highest power first.
  1.5231025119925e-8,
  2.1895121123991956e-5,
  3.5716267971809133e-3,
  0.1344452250511518,
  1.0,
];
const TANH_DENOMINATOR: StaticArray<f32> = [
  8.522701490994991e-7,
  3.4113384598267435e-4,
  0.026164553315294714,
  0.4677784984600995,
  1.0,
];
const TANH_RANGE: StaticArray<f32> = [8, -8];
/** 1/k! from k = 7 down to 0, log2 e, and ln 2 in two parts of which the first is short. */
const EXP: StaticArray<f32> = [
  1.0 / 5040.0,
  1.0 / 720.0,
  1.0 / 120.0,
  1.0 / 24.0,
  1.0 / 6.0,
  0.5,
  1.0,
  1.0,
  1.44269504088896341,
  0.693359375,
  -2.12194440e-4,
];

/** A number of a table, in all lanes. */
export function constant(table: StaticArray<f32>, i: usize): v128 {
  return v128.load32_splat(changetype<usize>(table) + (i << 2));
}

/**
 * Coefficients of tanh in x², highest power first: 0 to 4 of the numerator, of which the last is 1,
 * 5 to 9 of the other; 10 and 11 are the ends of their range.
 */
export function tanhConstant(i: i32): v128 {
  if (i >= 10) return constant(TANH_RANGE, i - 10);
  return i < 5 ? constant(TANH_NUMERATOR, i) : constant(TANH_DENOMINATOR, i - 5);
}

/** a·b + c, rounded once where the machine can. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** tanh of four numbers, to 4e-7. */
export function tanh4(x: v128): v128 {
  const bound = f32x4.splat(8);
  x = f32x4.min(f32x4.max(x, f32x4.neg(bound)), bound);
  const u = f32x4.mul(x, x);
  let p = f32x4.relaxed_madd(constant(TANH_NUMERATOR, 0), u, constant(TANH_NUMERATOR, 1));
  p = f32x4.relaxed_madd(p, u, constant(TANH_NUMERATOR, 2));
  p = f32x4.relaxed_madd(p, u, constant(TANH_NUMERATOR, 3));
  p = f32x4.relaxed_madd(p, u, constant(TANH_NUMERATOR, 4));
  let q = f32x4.relaxed_madd(constant(TANH_DENOMINATOR, 0), u, constant(TANH_DENOMINATOR, 1));
  q = f32x4.relaxed_madd(q, u, constant(TANH_DENOMINATOR, 2));
  q = f32x4.relaxed_madd(q, u, constant(TANH_DENOMINATOR, 3));
  q = f32x4.relaxed_madd(q, u, constant(TANH_DENOMINATOR, 4));
  return f32x4.div(f32x4.mul(x, p), q);
}

/**
 * eˣ of four numbers x ≤ 0: x = n·ln 2 + r, eʳ by its Taylor series (|r| ≤ 0.35), 2ⁿ by its bits.
 */
export function exp4(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, constant(EXP, 8)));
  let r = f32x4.relaxed_nmadd(n, constant(EXP, 9), x);
  r = f32x4.relaxed_nmadd(n, constant(EXP, 10), r);
  let p = constant(EXP, 0);
  p = f32x4.relaxed_madd(p, r, constant(EXP, 1));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 2));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 3));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 4));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 5));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 6));
  p = f32x4.relaxed_madd(p, r, constant(EXP, 7));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** Clears some bytes. */
export function zero(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** Sum of the four lanes. */
export function sum4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
