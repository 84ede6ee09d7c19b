// Sums, products, maxima and minima over an axis, in an order that depends on the shape alone.
import { split } from "./parts";
import { storeLanes } from "./vector_math";

// numbers of the operations: `reductions` in lib/backend/operations/reductions.ts
const SUM = 0, MAX = 1, MIN = 2, PROD = 3;

// @inline
function join4(op: i32, x: v128, y: v128): v128 {
  if (op == SUM) return f32x4.add(x, y);
  if (op == MAX) return f32x4.max(x, y);
  if (op == MIN) return f32x4.min(x, y);
  return f32x4.mul(x, y);
}

// @inline
function join1(op: i32, x: f32, y: f32): f32 {
  if (op == SUM) return x + y;
  if (op == MAX) return max(x, y);
  if (op == MIN) return min(x, y);
  return x * y;
}

// @inline
function identity(op: i32): f32 {
  return op == SUM ? 0 : op == MAX ? -Infinity : op == MIN ? Infinity : 1;
}

// @inline
function rowOf(op: i32, x: usize, count: i32): f32 {
  const start = f32x4.splat(identity(op));
  let a = start, b = start, c = start, e = start;
  let n = count;
  for (; n >= 16; n -= 16, x += 64) {
    a = join4(op, a, v128.load(x)), b = join4(op, b, v128.load(x, 16));
    c = join4(op, c, v128.load(x, 32)), e = join4(op, e, v128.load(x, 48));
  }
  for (; n >= 4; n -= 4, x += 16) a = join4(op, a, v128.load(x));
  const all = join4(op, join4(op, a, b), join4(op, c, e));
  let result = join1(
    op,
    join1(op, f32x4.extract_lane(all, 0), f32x4.extract_lane(all, 1)),
    join1(op, f32x4.extract_lane(all, 2), f32x4.extract_lane(all, 3)),
  );
  for (; n > 0; n--, x += 4) result = join1(op, result, load<f32>(x));
  return result;
}

/**
 * One number for each row. Descriptor: operation, x, output, numbers in all, numbers of a row (the last may be
 * shorter), parts, divisor of the results (float).
 */
export function reduceRows(d: usize, part: i32): void {
  const op = load<i32>(d), x = load<usize>(d, 4), to = load<usize>(d, 8);
  const total = load<i32>(d, 12), inner = load<i32>(d, 16), parts = load<i32>(d, 20);
  const divisor = load<f32>(d, 24);
  const rows = (total + inner - 1) / inner, past = split(rows, part + 1, parts);
  for (let r = split(rows, part, parts); r < past; r++) {
    const row = x + (<usize> (r * inner) << 2), n = min(inner, total - r * inner);
    const result = op == SUM
      ? rowOf(SUM, row, n)
      : op == MAX
      ? rowOf(MAX, row, n)
      : op == MIN
      ? rowOf(MIN, row, n)
      : rowOf(PROD, row, n);
    store<f32>(to + (<usize> r << 2), result / divisor);
  }
}

// @inline
function columnsOf(op: i32, x: usize, rows: i32, inner: i32, to: usize, divisor: v128): void {
  const stride = <usize> inner << 2, start = f32x4.splat(identity(op));
  for (let i = 0; i < inner; i += 16, x += 64, to += 64) {
    let a = start, b = start, c = start, e = start;
    let p = x;
    for (let r = 0; r < rows; r++, p += stride) {
      a = join4(op, a, v128.load(p)), b = join4(op, b, v128.load(p, 16));
      c = join4(op, c, v128.load(p, 32)), e = join4(op, e, v128.load(p, 48));
    }
    const left = inner - i;
    storeLanes(to, f32x4.div(a, divisor), left);
    if (left > 4) storeLanes(to + 16, f32x4.div(b, divisor), left - 4);
    if (left > 8) storeLanes(to + 32, f32x4.div(c, divisor), left - 8);
    if (left > 12) storeLanes(to + 48, f32x4.div(e, divisor), left - 12);
  }
}

/**
 * (outer, rows, inner) becomes (outer, chunks, inner): each chunk is a stretch of rows joined into one.
 * Descriptor: operation, x, output, outer, rows, inner, chunks, parts, divisor of the results (float).
 */
export function reduceColumns(d: usize, part: i32): void {
  const op = load<i32>(d), x = load<usize>(d, 4), to = load<usize>(d, 8);
  const outer = load<i32>(d, 12), rows = load<i32>(d, 16), inner = load<i32>(d, 20);
  const chunks = load<i32>(d, 24), parts = load<i32>(d, 28);
  const divisor = v128.load32_splat(d, 32), stride = <usize> inner << 2;
  const past = split(outer * chunks, part + 1, parts);
  for (let k = split(outer * chunks, part, parts); k < past; k++) {
    const o = k / chunks, chunk = k - o * chunks;
    const first = split(rows, chunk, chunks), count = split(rows, chunk + 1, chunks) - first;
    const from = x + <usize> (o * rows + first) * stride, result = to + <usize> k * stride;
    if (op == SUM) columnsOf(SUM, from, count, inner, result, divisor);
    else if (op == MAX) columnsOf(MAX, from, count, inner, result, divisor);
    else if (op == MIN) columnsOf(MIN, from, count, inner, result, divisor);
    else columnsOf(PROD, from, count, inner, result, divisor);
  }
}

/**
 * Where the largest (or smallest) number of each row stands: the first of equal ones; NaN is passed over
 * unless it comes first, as tfjs does. Descriptor: smallest (1) or largest (0), x, output (int32), rows, inner, parts.
 */
export function argmaxRows(d: usize, part: i32): void {
  const smallest = load<i32>(d), rows = load<i32>(d, 12), inner = load<i32>(d, 16);
  const parts = load<i32>(d, 20), past = split(rows, part + 1, parts);
  for (let r = split(rows, part, parts); r < past; r++) {
    const x = load<usize>(d, 4) + (<usize> (r * inner) << 2);
    let best = load<f32>(x), at = 0;
    for (let i = 1; i < inner; i++) {
      const value = load<f32>(x + (<usize> i << 2));
      if (smallest ? value < best : value > best) best = value, at = i;
    }
    store<i32>(load<usize>(d, 8) + (<usize> r << 2), at);
  }
}
