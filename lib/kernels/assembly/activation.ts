// Activations and their derivatives. Those of tanh are written out; the other two share theirs.
import { SIGMOID, TANH } from "../kernel_constants";
import { DenseLayer } from "./layers";
import { madd, tanh4, tanhConstant } from "./math";

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
  const end = x + (<usize> count << 2);
  if (kind == TANH) tanhInPlace(x, end);
  else for (; x < end; x += 16) v128.store(x, sigmoidOrRelu4(kind, v128.load(x)));
}

/**
 * tanh of a long run of numbers: `tanh4` with the constants read once, before the loop, and two
 * vectors side by side, so that one's division hides behind the other's products. The bounds come first, since
 * x86 gives the second operand where one is NaN, and ARM gives NaN: so NaN stays NaN.
 */
function tanhInPlace(x: usize, end: usize): void {
  const p0 = tanhConstant(0), p1 = tanhConstant(1), p2 = tanhConstant(2), p3 = tanhConstant(3);
  const q0 = tanhConstant(5), q1 = tanhConstant(6), q2 = tanhConstant(7), q3 = tanhConstant(8);
  const one = tanhConstant(4), high = tanhConstant(10), low = tanhConstant(11);
  for (; x < end; x += 32) {
    const $$x = f32x4.relaxed_min(high, f32x4.relaxed_max(low, v128.load(x)));
    const $$u = f32x4.mul($$x, $$x);
    let $$p = madd(p0, $$u, p1);
    let $$q = madd(q0, $$u, q1);
    $$p = madd($$p, $$u, p2);
    $$q = madd($$q, $$u, q2);
    $$p = madd($$p, $$u, p3);
    $$q = madd($$q, $$u, q3);
    $$p = madd($$p, $$u, one);
    $$q = madd($$q, $$u, one);
    v128.store(x, f32x4.div(f32x4.mul($$x, $$p), $$q));
  }
}

/** x = f(x + bias) for `rows` rows of a layer's outputs. */
export function addBiasActivate(layer: DenseLayer, rows: i32, x: usize): void {
  const kind = layer.activation, bytes = layer.outBytes, bias = layer.bias;
  for (let row = 0; row < rows; row++, x += bytes) {
    if (kind == TANH) {
      for (let i: usize = 0; i < bytes; i += 32) {
        const $$y = tanh4(f32x4.add(v128.load(x + i), v128.load(bias + i)));
        v128.store(x + i, $$y);
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
  const one = tanhConstant(4), zero = f32x4.splat(0);
  const end = g + (<usize> count << 2);
  if (kind == TANH) {
    for (; g < end; g += 32, y += 32) {
      const $$y = v128.load(y);
      const $$g = f32x4.mul(v128.load(g), f32x4.relaxed_nmadd($$y, $$y, one));
      v128.store(g, $$g);
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
