// Functions of two tensors, number by number, with broadcasting. Every row of the output is written from a
// row of each input or from one number of it; outer dimensions have strides.
import { constant } from "../../assembly/math";
import { split } from "./parts";
import { rowOffset } from "./rows";
import { storeLanes } from "./vector_math";

// numbers of the operations: `binaryOperations` in lib/backend/operations/binary_operations.ts
const ADD = 0, SUB = 1, MUL = 2, DIV = 3, MAX = 4, MIN = 5, SQUARED_DIFFERENCE = 6, DIV_NO_NAN = 7;
const TANH_GRADIENT = 8, SIGMOID_GRADIENT = 9, RELU_GRADIENT = 10, ELU_GRADIENT = 11;
// comparisons give a byte each
const EQUAL = 16, NOT_EQUAL = 17, GREATER = 18, GREATER_EQUAL = 19, LESS = 20, LESS_EQUAL = 21;

const ONE: StaticArray<f32> = [1];

// @inline
function apply(op: i32, x: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  if (op == ADD) return f32x4.add(x, y);
  if (op == SUB) return f32x4.sub(x, y);
  if (op == MUL) return f32x4.mul(x, y);
  if (op == DIV) return f32x4.div(x, y);
  if (op == MAX) return f32x4.max(x, y);
  if (op == MIN) return f32x4.min(x, y);
  if (op == SQUARED_DIFFERENCE) {
    const difference = f32x4.sub(x, y);
    return f32x4.mul(difference, difference);
  }
  if (op == DIV_NO_NAN) return v128.andnot(f32x4.div(x, y), f32x4.eq(y, zero));
  // x is the gradient at the result y
  if (op == TANH_GRADIENT) return f32x4.mul(x, f32x4.relaxed_nmadd(y, y, constant(ONE, 0)));
  if (op == SIGMOID_GRADIENT) return f32x4.mul(x, f32x4.mul(y, f32x4.sub(constant(ONE, 0), y)));
  if (op == RELU_GRADIENT) {
    // of NaN it is NaN, for which all bits of a comparison stand
    const slope = v128.and(f32x4.gt(y, zero), constant(ONE, 0));
    return f32x4.mul(x, v128.or(slope, f32x4.ne(y, y)));
  }
  if (op == ELU_GRADIENT) {
    return v128.bitselect(x, f32x4.mul(x, f32x4.add(y, constant(ONE, 0))), f32x4.ge(y, zero));
  }
  return x;
}

/** A row; an input without a step is one number. */
// @inline
function row(op: i32, a: usize, stepA: i32, b: usize, stepB: i32, to: usize, count: i32): void {
  let n = count;
  if (stepA != 0 && stepB != 0) {
    for (; n >= 8; n -= 8, a += 32, b += 32, to += 32) {
      const p = apply(op, v128.load(a), v128.load(b)),
        q = apply(op, v128.load(a, 16), v128.load(b, 16));
      v128.store(to, q, 16);
      v128.store(to, p);
    }
    for (; n > 0; n -= 4, a += 16, b += 16, to += 16) {
      storeLanes(to, apply(op, v128.load(a), v128.load(b)), n);
    }
  } else if (stepA != 0) {
    const y = v128.load32_splat(b);
    for (; n >= 8; n -= 8, a += 32, to += 32) {
      const p = apply(op, v128.load(a), y), q = apply(op, v128.load(a, 16), y);
      v128.store(to, q, 16);
      v128.store(to, p);
    }
    for (; n > 0; n -= 4, a += 16, to += 16) storeLanes(to, apply(op, v128.load(a), y), n);
  } else {
    const x = v128.load32_splat(a);
    for (; n >= 8; n -= 8, b += stepB << 5, to += 32) {
      const y = stepB != 0 ? v128.load(b) : v128.load32_splat(b);
      const z = stepB != 0 ? v128.load(b, 16) : y;
      const p = apply(op, x, y), q = apply(op, x, z);
      v128.store(to, q, 16);
      v128.store(to, p);
    }
    for (; n > 0; n -= 4, b += stepB << 4, to += 16) {
      storeLanes(to, apply(op, x, stepB != 0 ? v128.load(b) : v128.load32_splat(b)), n);
    }
  }
}

// @inline
function compare(op: i32, x: v128, y: v128): v128 {
  if (op == EQUAL) return f32x4.eq(x, y);
  if (op == NOT_EQUAL) return f32x4.ne(x, y);
  if (op == GREATER) return f32x4.gt(x, y);
  if (op == GREATER_EQUAL) return f32x4.ge(x, y);
  if (op == LESS) return f32x4.lt(x, y);
  return f32x4.le(x, y);
}

// @inline
function compareRow(
  op: i32,
  a: usize,
  stepA: i32,
  b: usize,
  stepB: i32,
  to: usize,
  count: i32,
): void {
  for (let n = count; n > 0; n -= 4, a += stepA << 4, b += stepB << 4, to += 4) {
    const x = stepA != 0 ? v128.load(a) : v128.load32_splat(a);
    const y = stepB != 0 ? v128.load(b) : v128.load32_splat(b);
    const words = v128.and(compare(op, x, y), i32x4.splat(1));
    // the lowest byte of each word
    const bytes = i32x4.extract_lane(
      v128.swizzle(words, i8x16(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      0,
    );
    if (n >= 4) store<i32>(to, bytes);
    else for (let i = 0; i < n; i++) store<u8>(to + i, bytes >>> (i << 3));
  }
}

function anyRow(op: i32, a: usize, stepA: i32, b: usize, stepB: i32, to: usize, n: i32): void {
  switch (op) {
    case ADD:
      row(ADD, a, stepA, b, stepB, to, n);
      break;
    case SUB:
      row(SUB, a, stepA, b, stepB, to, n);
      break;
    case MUL:
      row(MUL, a, stepA, b, stepB, to, n);
      break;
    case DIV:
      row(DIV, a, stepA, b, stepB, to, n);
      break;
    case MAX:
      row(MAX, a, stepA, b, stepB, to, n);
      break;
    case MIN:
      row(MIN, a, stepA, b, stepB, to, n);
      break;
    case SQUARED_DIFFERENCE:
      row(SQUARED_DIFFERENCE, a, stepA, b, stepB, to, n);
      break;
    case DIV_NO_NAN:
      row(DIV_NO_NAN, a, stepA, b, stepB, to, n);
      break;
    case TANH_GRADIENT:
      row(TANH_GRADIENT, a, stepA, b, stepB, to, n);
      break;
    case SIGMOID_GRADIENT:
      row(SIGMOID_GRADIENT, a, stepA, b, stepB, to, n);
      break;
    case RELU_GRADIENT:
      row(RELU_GRADIENT, a, stepA, b, stepB, to, n);
      break;
    case ELU_GRADIENT:
      row(ELU_GRADIENT, a, stepA, b, stepB, to, n);
      break;
    case EQUAL:
      compareRow(EQUAL, a, stepA, b, stepB, to, n);
      break;
    case NOT_EQUAL:
      compareRow(NOT_EQUAL, a, stepA, b, stepB, to, n);
      break;
    case GREATER:
      compareRow(GREATER, a, stepA, b, stepB, to, n);
      break;
    case GREATER_EQUAL:
      compareRow(GREATER_EQUAL, a, stepA, b, stepB, to, n);
      break;
    case LESS:
      compareRow(LESS, a, stepA, b, stepB, to, n);
      break;
    case LESS_EQUAL:
      compareRow(LESS_EQUAL, a, stepA, b, stepB, to, n);
      break;
    default:
      unreachable();
  }
}

/**
 * Descriptor: operation, a, b, output, numbers in all, numbers of a row (the last may be shorter), steps of a
 * and b along it (0 or 1), parts, outer dimensions; then for each of these size and strides of a and b in
 * bytes.
 */
export function binary(d: usize, part: i32): void {
  const op = load<i32>(d), a = load<usize>(d, 4), b = load<usize>(d, 8), to = load<usize>(d, 12);
  const total = load<i32>(d, 16), inner = load<i32>(d, 20);
  const stepA = load<i32>(d, 24), stepB = load<i32>(d, 28), parts = load<i32>(d, 32);
  const rank = load<i32>(d, 36), dims = d + 40;
  const width: usize = op >= EQUAL ? 0 : 2; // log2 of the bytes of a result
  if (total <= inner) {
    const blocks = (total + 15) >> 4;
    const from = split(blocks, part, parts) << 4;
    const past = min(split(blocks, part + 1, parts) << 4, total);
    anyRow(
      op,
      a + (<usize> (from * stepA) << 2),
      stepA,
      b + (<usize> (from * stepB) << 2),
      stepB,
      to + (<usize> from << width),
      past - from,
    );
    return;
  }
  const rows = (total + inner - 1) / inner;
  const past = split(rows, part + 1, parts);
  for (let r = split(rows, part, parts); r < past; r++) {
    anyRow(
      op,
      a + rowOffset(r, rank, dims, 12, 4),
      stepA,
      b + rowOffset(r, rank, dims, 12, 8),
      stepB,
      to + (<usize> (r * inner) << width),
      min(inner, total - r * inner),
    );
  }
}

/** condition ? a : b. Descriptor: condition (bytes), a, b, output, count, parts. */
export function select(d: usize, part: i32): void {
  const count = load<i32>(d, 16), parts = load<i32>(d, 20);
  const blocks = (count + 15) >> 4;
  let i = <usize> split(blocks, part, parts) << 4;
  const past = <usize> split(blocks, part + 1, parts) << 4;
  const c = load<usize>(d), a = load<usize>(d, 4), b = load<usize>(d, 8), to = load<usize>(d, 12);
  for (; i < past; i += 4) {
    // four bytes as four words
    const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(c + i)));
    const isZero = i32x4.eq(words, i32x4.splat(0));
    const at = i << 2;
    v128.store(to + at, v128.bitselect(v128.load(b + at), v128.load(a + at), isZero));
  }
}
