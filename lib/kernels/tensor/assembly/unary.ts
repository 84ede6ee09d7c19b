// Functions of one tensor, number by number. The output's block is a multiple of 64 bytes, so what the last
// vectors write beyond its end is nobody's.
import { constant, tanhConstant } from "../../assembly/math";
import { split } from "./parts";
import { expAll4, log4, sigmoidAll4 } from "./vector_math";

// numbers of the operations: `unaryOperations` in lib/backend/operations/unary_operations.ts
const NEG = 0, ABS = 1, SQUARE = 2, SQRT = 3, RSQRT = 4, RECIPROCAL = 5, EXP = 6, LOG = 7, TANH = 8;
const SIGMOID = 9, RELU = 10, RELU6 = 11, STEP = 12, CLIP = 13, FLOOR = 14, CEIL = 15, ELU = 16;
const LEAKY_RELU = 17, SCALE = 18, ROUND = 19;

const ONE: StaticArray<f32> = [1, 6];

// @inline
function apply(op: i32, x: v128, alpha: v128, beta: v128): v128 {
  const zero = f32x4.splat(0);
  if (op == NEG) return f32x4.neg(x);
  if (op == ABS) return f32x4.abs(x);
  if (op == SQUARE) return f32x4.mul(x, x);
  if (op == SQRT) return f32x4.sqrt(x);
  if (op == RSQRT) return f32x4.div(constant(ONE, 0), f32x4.sqrt(x));
  if (op == RECIPROCAL) return f32x4.div(constant(ONE, 0), x);
  if (op == EXP) return expAll4(x);
  if (op == LOG) return log4(x);
  if (op == SIGMOID) return sigmoidAll4(x);
  if (op == RELU) return f32x4.pmax(x, zero);
  if (op == RELU6) return f32x4.pmin(f32x4.pmax(x, zero), constant(ONE, 1));
  // the slope beside 0, and NaN where x is NaN
  if (op == STEP) {
    const y = v128.bitselect(constant(ONE, 0), alpha, f32x4.gt(x, zero));
    return v128.bitselect(y, x, f32x4.eq(x, x));
  }
  if (op == CLIP) return f32x4.pmin(f32x4.pmax(x, alpha), beta);
  if (op == FLOOR) return f32x4.floor(x);
  if (op == CEIL) return f32x4.ceil(x);
  // halves to the even number, as tfjs has it, which makes 0 of −0.5 and not −0
  if (op == ROUND) return v128.andnot(f32x4.nearest(x), f32x4.eq(x, f32x4.splat(-0.5)));
  if (op == ELU) {
    return v128.bitselect(x, f32x4.sub(expAll4(x), constant(ONE, 0)), f32x4.ge(x, zero));
  }
  if (op == LEAKY_RELU) return v128.bitselect(f32x4.mul(x, alpha), x, f32x4.lt(x, zero));
  if (op == SCALE) return f32x4.mul(x, alpha);
  return x;
}

// @inline
function loop(op: i32, x: usize, to: usize, end: usize, alpha: v128, beta: v128): void {
  for (; to < end; to += 32, x += 32) {
    const p = apply(op, v128.load(x), alpha, beta), q = apply(op, v128.load(x, 16), alpha, beta);
    v128.store(to, q, 16);
    v128.store(to, p);
  }
}

/** tanh with its constants read once, two vectors side by side; see `tanh4`. */
function tanhLoop(x: usize, to: usize, end: usize): void {
  const p0 = tanhConstant(0), p1 = tanhConstant(1), p2 = tanhConstant(2), p3 = tanhConstant(3);
  const q0 = tanhConstant(5), q1 = tanhConstant(6), q2 = tanhConstant(7), q3 = tanhConstant(8);
  const one = tanhConstant(4), high = tanhConstant(10), low = tanhConstant(11);
  for (; to < end; to += 32, x += 32) {
    const a = f32x4.pmin(f32x4.pmax(v128.load(x), low), high);
    const b = f32x4.pmin(f32x4.pmax(v128.load(x, 16), low), high);
    const u = f32x4.mul(a, a), v = f32x4.mul(b, b);
    let p = f32x4.relaxed_madd(p0, u, p1), r = f32x4.relaxed_madd(p0, v, p1);
    let q = f32x4.relaxed_madd(q0, u, q1), s = f32x4.relaxed_madd(q0, v, q1);
    p = f32x4.relaxed_madd(p, u, p2), r = f32x4.relaxed_madd(r, v, p2);
    q = f32x4.relaxed_madd(q, u, q2), s = f32x4.relaxed_madd(s, v, q2);
    p = f32x4.relaxed_madd(p, u, p3), r = f32x4.relaxed_madd(r, v, p3);
    q = f32x4.relaxed_madd(q, u, q3), s = f32x4.relaxed_madd(s, v, q3);
    p = f32x4.relaxed_madd(p, u, one), r = f32x4.relaxed_madd(r, v, one);
    q = f32x4.relaxed_madd(q, u, one), s = f32x4.relaxed_madd(s, v, one);
    v128.store(to, f32x4.div(f32x4.mul(b, r), s), 16);
    v128.store(to, f32x4.div(f32x4.mul(a, p), q));
  }
}

/** Descriptor: operation, x, output, count, parts, alpha, beta (floats). */
export function unary(d: usize, part: i32): void {
  const op = load<i32>(d), count = load<i32>(d, 12), parts = load<i32>(d, 16);
  const blocks = (count + 15) >> 4;
  const from = <usize> split(blocks, part, parts) << 6,
    past = <usize> split(blocks, part + 1, parts) << 6;
  const x = load<usize>(d, 4) + from, to = load<usize>(d, 8) + from, end = load<usize>(d, 8) + past;
  const a = v128.load32_splat(d, 20), b = v128.load32_splat(d, 24);
  switch (op) {
    case NEG:
      loop(NEG, x, to, end, a, b);
      break;
    case ABS:
      loop(ABS, x, to, end, a, b);
      break;
    case SQUARE:
      loop(SQUARE, x, to, end, a, b);
      break;
    case SQRT:
      loop(SQRT, x, to, end, a, b);
      break;
    case RSQRT:
      loop(RSQRT, x, to, end, a, b);
      break;
    case RECIPROCAL:
      loop(RECIPROCAL, x, to, end, a, b);
      break;
    case EXP:
      loop(EXP, x, to, end, a, b);
      break;
    case LOG:
      loop(LOG, x, to, end, a, b);
      break;
    case TANH:
      tanhLoop(x, to, end);
      break;
    case SIGMOID:
      loop(SIGMOID, x, to, end, a, b);
      break;
    case RELU:
      loop(RELU, x, to, end, a, b);
      break;
    case RELU6:
      loop(RELU6, x, to, end, a, b);
      break;
    case STEP:
      loop(STEP, x, to, end, a, b);
      break;
    case CLIP:
      loop(CLIP, x, to, end, a, b);
      break;
    case FLOOR:
      loop(FLOOR, x, to, end, a, b);
      break;
    case CEIL:
      loop(CEIL, x, to, end, a, b);
      break;
    case ROUND:
      loop(ROUND, x, to, end, a, b);
      break;
    case ELU:
      loop(ELU, x, to, end, a, b);
      break;
    case LEAKY_RELU:
      loop(LEAKY_RELU, x, to, end, a, b);
      break;
    case SCALE:
      loop(SCALE, x, to, end, a, b);
      break;
    default:
      unreachable();
  }
}
