// Activations and their derivatives. Those of tanh are written out; the other two share theirs.
import { tanh4 } from "./math";

/** Activations by number: `activationNumbers` in ../kernels.ts. */
const TANH = 0;
const SIGMOID = 1;

/** 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2. */
function sigmoid4(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.add(half, f32x4.mul(half, tanh4(f32x4.mul(half, x))));
}

function sigmoidOrRelu4(kind: i32, x: v128): v128 {
  return kind == SIGMOID ? sigmoid4(x) : f32x4.max(x, f32x4.splat(0));
}

/** x = f(x) for `count` numbers, a multiple of 16. */
export function activate(kind: i32, x: usize, count: i32): void {
  const end = x + (<usize>count << 2);
  if (kind == TANH) {
    for (; x < end; x += 64) {
      const a = tanh4(v128.load(x)), b = tanh4(v128.load(x, 16));
      const c = tanh4(v128.load(x, 32)), d = tanh4(v128.load(x, 48));
      v128.store(x, a), v128.store(x, b, 16);
      v128.store(x, c, 32), v128.store(x, d, 48);
    }
  } else {
    for (; x < end; x += 16) v128.store(x, sigmoidOrRelu4(kind, v128.load(x)));
  }
}

/** x = f(x + bias) for `rows` rows of `bytes` bytes (a multiple of 32). */
export function addBiasActivate(kind: i32, rows: i32, bytes: usize, x: usize, bias: usize): void {
  for (let row = 0; row < rows; row++, x += bytes) {
    if (kind == TANH) {
      for (let i: usize = 0; i < bytes; i += 32) {
        const a = tanh4(f32x4.add(v128.load(x + i), v128.load(bias + i)));
        const b = tanh4(f32x4.add(v128.load(x + i, 16), v128.load(bias + i, 16)));
        v128.store(x + i, a);
        v128.store(x + i, b, 16);
      }
    } else {
      for (let i: usize = 0; i < bytes; i += 16) {
        v128.store(x + i, sigmoidOrRelu4(kind, f32x4.add(v128.load(x + i), v128.load(bias + i))));
      }
    }
  }
}

/**
 * g = g·f′, with the derivative by the result y: 1 − y², y·(1 − y), or 1 where y > 0.
 * @param count of numbers, a multiple of 8
 */
export function activationBackward(kind: i32, count: i32, g: usize, y: usize): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  const end = g + (<usize> count << 2);
  if (kind == TANH) {
    for (; g < end; g += 32, y += 32) {
      const a = v128.load(y), b = v128.load(y, 16);
      v128.store(g, f32x4.mul(v128.load(g), f32x4.relaxed_nmadd(a, a, one)));
      v128.store(g, f32x4.mul(v128.load(g, 16), f32x4.relaxed_nmadd(b, b, one)), 16);
    }
  } else {
    for (; g < end; g += 16, y += 16) {
      const a = v128.load(y);
      const slope = kind == SIGMOID
        ? f32x4.relaxed_nmadd(a, a, a)
        : v128.and(f32x4.gt(a, zero), one);
      v128.store(g, f32x4.mul(v128.load(g), slope));
    }
  }
}
