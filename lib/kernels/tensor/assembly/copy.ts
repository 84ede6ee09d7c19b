// Numbers of 32 bits brought to other places: transposed, sliced, joined, padded, gathered; and other types.
import { split } from "./parts";
import { rowOffset } from "./rows";

/**
 * Rows with strides to rows with strides. Descriptor: x, output, rows, numbers of a row, step of x along it in
 * bytes, parts, outer dimensions; then for each of these size and strides of x and output in bytes.
 */
export function copyRows(d: usize, part: i32): void {
  const x = load<usize>(d),
    to = load<usize>(d, 4),
    rows = load<i32>(d, 8),
    inner = load<i32>(d, 12);
  const step = load<i32>(d, 16), parts = load<i32>(d, 20), rank = load<i32>(d, 24), dims = d + 28;
  const past = split(rows, part + 1, parts), bytes = <usize> inner << 2;
  for (let r = split(rows, part, parts); r < past; r++) {
    let p = x + rowOffset(r, rank, dims, 12, 4), q = to + rowOffset(r, rank, dims, 12, 8);
    if (step == 4) memory.copy(q, p, bytes);
    else for (const end = q + bytes; q < end; q += 4, p += step) store<i32>(q, load<i32>(p));
  }
}

/** (batch, rows, columns) to (batch, columns, rows). Descriptor: x, output, batch, rows, columns, parts. */
export function transposeMatrices(d: usize, part: i32): void {
  const batch = load<i32>(d, 8), rows = load<i32>(d, 12), columns = load<i32>(d, 16);
  const parts = load<i32>(d, 20);
  // a part is a stretch of the output's rows in blocks of four
  const blocks = (columns + 3) >> 2, past = split(batch * blocks, part + 1, parts);
  const stride = <usize> columns << 2, toStride = <usize> rows << 2;
  for (let k = split(batch * blocks, part, parts); k < past; k++) {
    const n = k / blocks, column = (k - n * blocks) << 2, offset = <usize> n * rows * stride;
    const x = load<usize>(d) + offset + (<usize> column << 2);
    const to = load<usize>(d, 4) + offset + <usize> column * toStride;
    if (column + 4 <= columns) {
      let r = 0;
      for (; r + 4 <= rows; r += 4) {
        const p = x + <usize> r * stride, q = to + (<usize> r << 2);
        const a = v128.load(p), b = v128.load(p + stride);
        const c = v128.load(p + 2 * stride), e = v128.load(p + 3 * stride);
        const f = v128.shuffle<f32>(a, b, 0, 4, 1, 5), g = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
        const h = v128.shuffle<f32>(c, e, 0, 4, 1, 5), i = v128.shuffle<f32>(c, e, 2, 6, 3, 7);
        v128.store(q, v128.shuffle<f64>(f, h, 0, 2));
        v128.store(q + toStride, v128.shuffle<f64>(f, h, 1, 3));
        v128.store(q + 2 * toStride, v128.shuffle<f64>(g, i, 0, 2));
        v128.store(q + 3 * toStride, v128.shuffle<f64>(g, i, 1, 3));
      }
      for (; r < rows; r++) {
        for (let c: usize = 0; c < 4; c++) {
          store<i32>(
            to + c * toStride + (<usize> r << 2),
            load<i32>(x + <usize> r * stride + (c << 2)),
          );
        }
      }
    } else {
      for (let c = <usize> 0; c < <usize> (columns - column); c++) {
        for (let r = <usize> 0; r < <usize> rows; r++) {
          store<i32>(to + c * toStride + (r << 2), load<i32>(x + r * stride + (c << 2)));
        }
      }
    }
  }
}

/**
 * Rows by their numbers: (outer, size, inner) to (outer, count, inner). Descriptor: x, indices (int32), output,
 * outer, size, count, inner, parts.
 */
export function gatherRows(d: usize, part: i32): void {
  const x = load<usize>(d), indices = load<usize>(d, 4), to = load<usize>(d, 8);
  const outer = load<i32>(d, 12), size = load<i32>(d, 16), count = load<i32>(d, 20);
  const bytes = <usize> load<i32>(d, 24) << 2, parts = load<i32>(d, 28);
  const past = split(outer * count, part + 1, parts);
  for (let k = split(outer * count, part, parts); k < past; k++) {
    const o = k / count, index = load<i32>(indices + (<usize> (k - o * count) << 2));
    memory.copy(to + <usize> k * bytes, x + <usize> (o * size + index) * bytes, bytes);
  }
}

/** Rows that hold `off` and, at the row's index, `on`. Descriptor: indices, output, rows, depth, on, off (words). */
export function oneHotRows(d: usize, _part: i32): void {
  const indices = load<usize>(d),
    to = load<usize>(d, 4),
    rows = load<i32>(d, 8),
    depth = load<i32>(d, 12);
  const on = load<i32>(d, 16), off = load<i32>(d, 20);
  for (let p = to, end = to + (<usize> (rows * depth) << 2); p < end; p += 4) store<i32>(p, off);
  for (let r = 0; r < rows; r++) {
    const index = load<i32>(indices + (<usize> r << 2));
    if (index >= 0 && index < depth) store<i32>(to + (<usize> (r * depth + index) << 2), on);
  }
}

/**
 * Other types. Descriptor: from and to (0 float32, 1 int32, 2 bool), x, output, count, parts. Blocks are a
 * multiple of 64 bytes, so that the last vectors may write beyond the end.
 */
export function castNumbers(d: usize, part: i32): void {
  const from = load<i32>(d), kind = load<i32>(d, 4), x = load<usize>(d, 8), to = load<usize>(d, 12);
  const count = load<i32>(d, 16), parts = load<i32>(d, 20);
  const blocks = (count + 15) >> 4, past = split(blocks, part + 1, parts) << 4;
  for (let i = <usize> split(blocks, part, parts) << 4; i < <usize> past; i += 4) {
    const wide = i << 2;
    // as int32 words or, from floats, as they are
    const words = from == 2
      ? i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x + i)))
      : v128.load(x + wide);
    if (kind == 0) v128.store(to + wide, from == 0 ? words : f32x4.convert_i32x4_s(words));
    else if (kind == 1) v128.store(to + wide, from == 0 ? i32x4.trunc_sat_f32x4_s(words) : words);
    else {
      const zero = f32x4.splat(0);
      const truths = from == 0 ? f32x4.ne(words, zero) : i32x4.ne(words, zero);
      const ones = v128.and(truths, i32x4.splat(1));
      store<i32>(
        to + i,
        i32x4.extract_lane(
          v128.swizzle(ones, i8x16(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
          0,
        ),
      );
    }
  }
}
