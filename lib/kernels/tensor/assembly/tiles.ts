// Sums of products, a tile at a time: a few rows of C by up to 16 columns,
//
//     c[r][j] = Σ a[r][k]·b[k][j]
//
// where k runs through `segments` stretches of `depth` numbers, in that order. Each sum is one chain of
// multiply-adds, so its bits depend neither on the tile that it stands in nor on the build.
//
// Narrow build: 4 rows by 8 columns, so that there are registers for several numbers of A at once (each load
// costs a check of its bounds). Wide build: 6 rows by 16 columns, where V8 joins neighbouring vectors. C is
// a buffer with rows of 16 numbers.
import { madd } from "../../assembly/math";

/** Rows of a tile. */
export const TILE_ROWS: i32 = WIDE ? 6 : 4;
/** Columns of a panel of B, and of C's buffer. */
export const PANEL: i32 = 16;
/** Bytes of a row of C's buffer. */
export const C_ROW: usize = 64;

/** A row of zeros. */
const ZEROS = new StaticArray<f32>(16);

/**
 * A tile of rows that stand anywhere: row r's numbers of a stretch follow each other from p‹r› on.
 * @param aSkip bytes from a stretch's end to the next one's start
 * @param b rows `bRow` bytes apart, with `bSkip` bytes more between two stretches
 * @param columns that are wanted, at least; rounded up to 8 or 16
 * @param cRow bytes between two rows of C
 * @param accumulate whether the sums start from C, not from zero
 */
export function tileOfRows(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  p4: usize,
  p5: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  b: usize,
  bRow: usize,
  bSkip: usize,
  columns: i32,
  c: usize,
  cRow: usize,
  accumulate: bool,
): void {
  const z = accumulate ? c : changetype<usize>(ZEROS), step = accumulate ? cRow : 0;
  if (WIDE) {
    if (columns > 8) {
      wideRows(
        true,
        p0,
        p1,
        p2,
        p3,
        p4,
        p5,
        segments,
        depth,
        aSkip,
        b,
        bRow,
        bSkip,
        c,
        cRow,
        z,
        step,
      );
    } else {wideRows(
        false,
        p0,
        p1,
        p2,
        p3,
        p4,
        p5,
        segments,
        depth,
        aSkip,
        b,
        bRow,
        bSkip,
        c,
        cRow,
        z,
        step,
      );}
    return;
  }
  narrowRows(p0, p1, p2, p3, segments, depth, aSkip, b, bRow, bSkip, c, cRow, z, step);
  if (columns <= 8) return;
  narrowRows(
    p0,
    p1,
    p2,
    p3,
    segments,
    depth,
    aSkip,
    b + 32,
    bRow,
    bSkip,
    c + 32,
    cRow,
    accumulate ? z + 32 : z,
    step,
  );
}

/** One row by 16 columns: what `tileOfRows` has for it, without the other rows. */
export function tileOfOneRow(p: usize, depth: i32, b: usize, bRow: usize, c: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (const end = b + <usize> depth * bRow; b < end; b += bRow, p += 4) {
    const x = v128.load32_splat(p);
    s0 = madd(x, v128.load(b), s0), s1 = madd(x, v128.load(b, 16), s1);
    s2 = madd(x, v128.load(b, 32), s2), s3 = madd(x, v128.load(b, 48), s3);
  }
  v128.store(c, s1, 16), v128.store(c, s0), v128.store(c, s3, 48), v128.store(c, s2, 32);
}

function narrowRows(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  q: usize,
  bRow: usize,
  bSkip: usize,
  c: usize,
  cRow: usize,
  z0: usize,
  step: usize,
): void {
  const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step, stretch = <usize> depth * bRow;
  let s00 = v128.load(z0), s01 = v128.load(z0, 16), s10 = v128.load(z1), s11 = v128.load(z1, 16);
  let s20 = v128.load(z2), s21 = v128.load(z2, 16), s30 = v128.load(z3), s31 = v128.load(z3, 16);
  for (; segments > 0; segments--) {
    const end = q + stretch;
    // two numbers of each row at once
    for (; q + bRow < end; q += 2 * bRow) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      const next = q + bRow, d0 = v128.load(next), d1 = v128.load(next, 16);
      const x0 = v128.load64_splat(p0), x1 = v128.load64_splat(p1);
      const x2 = v128.load64_splat(p2), x3 = v128.load64_splat(p3);
      const y0 = v128.shuffle<f32>(x0, x0, 0, 0, 0, 0), w0 = v128.shuffle<f32>(x0, x0, 1, 1, 1, 1);
      s00 = madd(w0, d0, madd(y0, b0, s00)), s01 = madd(w0, d1, madd(y0, b1, s01));
      const y1 = v128.shuffle<f32>(x1, x1, 0, 0, 0, 0), w1 = v128.shuffle<f32>(x1, x1, 1, 1, 1, 1);
      s10 = madd(w1, d0, madd(y1, b0, s10)), s11 = madd(w1, d1, madd(y1, b1, s11));
      const y2 = v128.shuffle<f32>(x2, x2, 0, 0, 0, 0), w2 = v128.shuffle<f32>(x2, x2, 1, 1, 1, 1);
      s20 = madd(w2, d0, madd(y2, b0, s20)), s21 = madd(w2, d1, madd(y2, b1, s21));
      const y3 = v128.shuffle<f32>(x3, x3, 0, 0, 0, 0), w3 = v128.shuffle<f32>(x3, x3, 1, 1, 1, 1);
      s30 = madd(w3, d0, madd(y3, b0, s30)), s31 = madd(w3, d1, madd(y3, b1, s31));
      p0 += 8, p1 += 8, p2 += 8, p3 += 8;
    }
    for (; q < end; q += bRow) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      const x0 = v128.load32_splat(p0), x1 = v128.load32_splat(p1);
      const x2 = v128.load32_splat(p2), x3 = v128.load32_splat(p3);
      s00 = madd(x0, b0, s00),
        s01 = madd(x0, b1, s01),
        s10 = madd(x1, b0, s10),
        s11 = madd(x1, b1, s11);
      s20 = madd(x2, b0, s20),
        s21 = madd(x2, b1, s21),
        s30 = madd(x3, b0, s30),
        s31 = madd(x3, b1, s31);
      p0 += 4, p1 += 4, p2 += 4, p3 += 4;
    }
    p0 += aSkip, p1 += aSkip, p2 += aSkip, p3 += aSkip, q += bSkip;
  }
  const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
  v128.store(c, s01, 16), v128.store(c, s00), v128.store(c1, s11, 16), v128.store(c1, s10);
  v128.store(c2, s21, 16), v128.store(c2, s20), v128.store(c3, s31, 16), v128.store(c3, s30);
}

/** @param both whether 16 columns are wanted, not 8 */
// @inline
function wideRows(
  both: bool,
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  p4: usize,
  p5: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  q: usize,
  bRow: usize,
  bSkip: usize,
  c: usize,
  cRow: usize,
  z0: usize,
  step: usize,
): void {
  const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step, z4 = z3 + step, z5 = z4 + step;
  const stretch = <usize> depth * bRow;
  let s00 = v128.load(z0), s01 = v128.load(z0, 16), s02 = s00, s03 = s01;
  let s10 = v128.load(z1), s11 = v128.load(z1, 16), s12 = s10, s13 = s11;
  let s20 = v128.load(z2), s21 = v128.load(z2, 16), s22 = s20, s23 = s21;
  let s30 = v128.load(z3), s31 = v128.load(z3, 16), s32 = s30, s33 = s31;
  let s40 = v128.load(z4), s41 = v128.load(z4, 16), s42 = s40, s43 = s41;
  let s50 = v128.load(z5), s51 = v128.load(z5, 16), s52 = s50, s53 = s51;
  if (both) {
    s02 = v128.load(z0, 32),
      s03 = v128.load(z0, 48),
      s12 = v128.load(z1, 32),
      s13 = v128.load(z1, 48);
    s22 = v128.load(z2, 32),
      s23 = v128.load(z2, 48),
      s32 = v128.load(z3, 32),
      s33 = v128.load(z3, 48);
    s42 = v128.load(z4, 32),
      s43 = v128.load(z4, 48),
      s52 = v128.load(z5, 32),
      s53 = v128.load(z5, 48);
  }
  for (; segments > 0; segments--) {
    for (const end = q + stretch; q < end; q += bRow) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let b2 = b0, b3 = b1;
      if (both) b2 = v128.load(q, 32), b3 = v128.load(q, 48);
      const x0 = v128.load32_splat(p0);
      s00 = madd(x0, b0, s00), s01 = madd(x0, b1, s01);
      if (both) s02 = madd(x0, b2, s02), s03 = madd(x0, b3, s03);
      const x1 = v128.load32_splat(p1);
      s10 = madd(x1, b0, s10), s11 = madd(x1, b1, s11);
      if (both) s12 = madd(x1, b2, s12), s13 = madd(x1, b3, s13);
      const x2 = v128.load32_splat(p2);
      s20 = madd(x2, b0, s20), s21 = madd(x2, b1, s21);
      if (both) s22 = madd(x2, b2, s22), s23 = madd(x2, b3, s23);
      const x3 = v128.load32_splat(p3);
      s30 = madd(x3, b0, s30), s31 = madd(x3, b1, s31);
      if (both) s32 = madd(x3, b2, s32), s33 = madd(x3, b3, s33);
      const x4 = v128.load32_splat(p4);
      s40 = madd(x4, b0, s40), s41 = madd(x4, b1, s41);
      if (both) s42 = madd(x4, b2, s42), s43 = madd(x4, b3, s43);
      const x5 = v128.load32_splat(p5);
      s50 = madd(x5, b0, s50), s51 = madd(x5, b1, s51);
      if (both) s52 = madd(x5, b2, s52), s53 = madd(x5, b3, s53);
      p0 += 4, p1 += 4, p2 += 4, p3 += 4, p4 += 4, p5 += 4;
    }
    p0 += aSkip, p1 += aSkip, p2 += aSkip, p3 += aSkip, p4 += aSkip, p5 += aSkip, q += bSkip;
  }
  storeTile(both, c, cRow, s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23);
  storeTile(both, c + 3 * cRow, cRow, s30, s31, s32, s33, s40, s41, s42, s43, s50, s51, s52, s53);
}

/** Three rows of a tile of the wide build; of a pair the second vector first, see ../../assembly/conv.ts. */
// @inline
function storeTile(
  both: bool,
  c: usize,
  cRow: usize,
  s00: v128,
  s01: v128,
  s02: v128,
  s03: v128,
  s10: v128,
  s11: v128,
  s12: v128,
  s13: v128,
  s20: v128,
  s21: v128,
  s22: v128,
  s23: v128,
): void {
  const c1 = c + cRow, c2 = c1 + cRow;
  v128.store(c, s01, 16), v128.store(c, s00);
  if (both) v128.store(c, s03, 48), v128.store(c, s02, 32);
  v128.store(c1, s11, 16), v128.store(c1, s10);
  if (both) v128.store(c1, s13, 48), v128.store(c1, s12, 32);
  v128.store(c2, s21, 16), v128.store(c2, s20);
  if (both) v128.store(c2, s23, 48), v128.store(c2, s22, 32);
}

/**
 * A tile of rows that stand beside each other: row r's numbers start at p + 4·r and stand `aStep` bytes
 * apart. A may be read for TILE_ROWS numbers.
 * @param aSkip, bSkip bytes from where a stretch's last step leads to the next stretch's start
 * @param accumulate whether the sums start from C, not from zero
 */
export function tileOfColumns(
  p: usize,
  aStep: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  b: usize,
  bRow: usize,
  bSkip: usize,
  columns: i32,
  c: usize,
  accumulate: bool,
): void {
  const start = accumulate ? c : changetype<usize>(ZEROS), step = accumulate ? C_ROW : 0;
  if (WIDE) {
    if (columns > 8) {
      wideColumns(true, p, aStep, segments, depth, aSkip, b, bRow, bSkip, c, start, step);
    } else wideColumns(false, p, aStep, segments, depth, aSkip, b, bRow, bSkip, c, start, step);
    return;
  }
  narrowColumns(p, aStep, segments, depth, aSkip, b, bRow, bSkip, c, start, step);
  if (columns <= 8) return;
  narrowColumns(
    p,
    aStep,
    segments,
    depth,
    aSkip,
    b + 32,
    bRow,
    bSkip,
    c + 32,
    start + (accumulate ? 32 : 0),
    step,
  );
}

function narrowColumns(
  p: usize,
  aStep: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  q: usize,
  bRow: usize,
  bSkip: usize,
  c: usize,
  z0: usize,
  step: usize,
): void {
  const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step, stretch = <usize> depth * bRow;
  let s00 = v128.load(z0), s01 = v128.load(z0, 16), s10 = v128.load(z1), s11 = v128.load(z1, 16);
  let s20 = v128.load(z2), s21 = v128.load(z2, 16), s30 = v128.load(z3), s31 = v128.load(z3, 16);
  for (; segments > 0; segments--, p += aSkip, q += bSkip) {
    for (const end = q + stretch; q < end; q += bRow, p += aStep) {
      const b0 = v128.load(q), b1 = v128.load(q, 16), x = v128.load(p);
      const x0 = v128.shuffle<f32>(x, x, 0, 0, 0, 0), x1 = v128.shuffle<f32>(x, x, 1, 1, 1, 1);
      const x2 = v128.shuffle<f32>(x, x, 2, 2, 2, 2), x3 = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
      s00 = madd(x0, b0, s00),
        s01 = madd(x0, b1, s01),
        s10 = madd(x1, b0, s10),
        s11 = madd(x1, b1, s11);
      s20 = madd(x2, b0, s20),
        s21 = madd(x2, b1, s21),
        s30 = madd(x3, b0, s30),
        s31 = madd(x3, b1, s31);
    }
  }
  v128.store(c, s01, 16), v128.store(c, s00);
  v128.store(c, s11, 80), v128.store(c, s10, 64);
  v128.store(c, s21, 144), v128.store(c, s20, 128);
  v128.store(c, s31, 208), v128.store(c, s30, 192);
}

/** @param both whether 16 columns are wanted, not 8 */
// @inline
function wideColumns(
  both: bool,
  p: usize,
  aStep: usize,
  segments: i32,
  depth: i32,
  aSkip: usize,
  q: usize,
  bRow: usize,
  bSkip: usize,
  c: usize,
  z0: usize,
  step: usize,
): void {
  const z1 = z0 + step, z2 = z1 + step, z3 = z2 + step, z4 = z3 + step, z5 = z4 + step;
  const stretch = <usize> depth * bRow;
  let s00 = v128.load(z0), s01 = v128.load(z0, 16), s02 = s00, s03 = s01;
  let s10 = v128.load(z1), s11 = v128.load(z1, 16), s12 = s10, s13 = s11;
  let s20 = v128.load(z2), s21 = v128.load(z2, 16), s22 = s20, s23 = s21;
  let s30 = v128.load(z3), s31 = v128.load(z3, 16), s32 = s30, s33 = s31;
  let s40 = v128.load(z4), s41 = v128.load(z4, 16), s42 = s40, s43 = s41;
  let s50 = v128.load(z5), s51 = v128.load(z5, 16), s52 = s50, s53 = s51;
  if (both) {
    s02 = v128.load(z0, 32),
      s03 = v128.load(z0, 48),
      s12 = v128.load(z1, 32),
      s13 = v128.load(z1, 48);
    s22 = v128.load(z2, 32),
      s23 = v128.load(z2, 48),
      s32 = v128.load(z3, 32),
      s33 = v128.load(z3, 48);
    s42 = v128.load(z4, 32),
      s43 = v128.load(z4, 48),
      s52 = v128.load(z5, 32),
      s53 = v128.load(z5, 48);
  }
  for (; segments > 0; segments--, p += aSkip, q += bSkip) {
    for (const end = q + stretch; q < end; q += bRow, p += aStep) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let b2 = b0, b3 = b1;
      if (both) b2 = v128.load(q, 32), b3 = v128.load(q, 48);
      const x0 = v128.load32_splat(p);
      s00 = madd(x0, b0, s00), s01 = madd(x0, b1, s01);
      if (both) s02 = madd(x0, b2, s02), s03 = madd(x0, b3, s03);
      const x1 = v128.load32_splat(p, 4);
      s10 = madd(x1, b0, s10), s11 = madd(x1, b1, s11);
      if (both) s12 = madd(x1, b2, s12), s13 = madd(x1, b3, s13);
      const x2 = v128.load32_splat(p, 8);
      s20 = madd(x2, b0, s20), s21 = madd(x2, b1, s21);
      if (both) s22 = madd(x2, b2, s22), s23 = madd(x2, b3, s23);
      const x3 = v128.load32_splat(p, 12);
      s30 = madd(x3, b0, s30), s31 = madd(x3, b1, s31);
      if (both) s32 = madd(x3, b2, s32), s33 = madd(x3, b3, s33);
      const x4 = v128.load32_splat(p, 16);
      s40 = madd(x4, b0, s40), s41 = madd(x4, b1, s41);
      if (both) s42 = madd(x4, b2, s42), s43 = madd(x4, b3, s43);
      const x5 = v128.load32_splat(p, 20);
      s50 = madd(x5, b0, s50), s51 = madd(x5, b1, s51);
      if (both) s52 = madd(x5, b2, s52), s53 = madd(x5, b3, s53);
    }
  }
  storeTile(both, c, C_ROW, s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23);
  storeTile(both, c + 3 * C_ROW, C_ROW, s30, s31, s32, s33, s40, s41, s42, s43, s50, s51, s52, s53);
}
