// Activations as tfjs defines them, four numbers at a time. NaN stays NaN in each.
import { exp4, tanh4 } from "../../assembly/math";

/** By number: `activationCodes` in ../activation_codes.ts. */
export const LINEAR = 0, RELU = 1, RELU6 = 2, ELU = 3, LEAKY_RELU = 4, SIGMOID = 5, TANH = 6;

/** f(x) of four numbers. */
export function activate4(kind: i32, alpha: v128, x: v128): v128 {
  if (kind == LINEAR) return x;
  const zero = f32x4.splat(0);
  if (kind == RELU) return f32x4.max(x, zero);
  if (kind == RELU6) return f32x4.min(f32x4.max(x, zero), f32x4.splat(6));
  if (kind == LEAKY_RELU) return v128.bitselect(f32x4.mul(x, alpha), x, f32x4.lt(x, zero));
  if (kind == ELU) {
    const below = f32x4.sub(exp4(f32x4.min(x, zero)), f32x4.splat(1));
    return v128.bitselect(x, below, f32x4.ge(x, zero));
  }
  return kind == SIGMOID ? sigmoid4(x) : tanh4(x);
}

/** 1 / (1 + e⁻ˣ), by e to a power that is not above zero: e⁻ˣ / (1 + e⁻ˣ) is the same for −x. */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(one, e));
}

/** The derivative of f by its result y, for those that `derivativeCodes` names. */
export function derivative4(kind: i32, y: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == LINEAR) return one;
  if (kind == RELU) return v128.and(f32x4.gt(y, f32x4.splat(0)), one);
  if (kind == SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  return f32x4.relaxed_nmadd(y, y, one);
}
