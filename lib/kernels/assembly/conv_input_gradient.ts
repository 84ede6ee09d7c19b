// Backward through pooling and convolution to a layer's input, one image at a time.
import { CHUNK, CHUNK_ROW, INPUT_TILE_ROWS, PADDED_TILE_ROWS } from "../kernel_constants";
import { madd } from "./math";

/** Bytes of a tile of framed weights: seven rows, of which six are read. */
const PADDED_TILE = PADDED_TILE_ROWS * CHUNK_ROW;
/** Tiles from one to the other of the two that `sweep` may work on. */
const APART = 3;

/**
 * The gradient at a layer's input, channel-last, which must be zero before.
 *
 * Whatever position of its window won, a filter reaches (kernel + 1)² pixels from the window's corner.
 * Its weights stand in a copy of zeros, once for argmax on the left and once, a pixel further, for
 * those on the right; for argmax below, reading starts a row earlier. So a tile of 6 rows by 8 floats
 * is one aligned block of weights, whatever won.
 *
 * @param padded (filters, right?, bands, chunks, 7 rows, 8) from `padWeights`
 * @param pointers room for an address for each filter
 */
export function addInputGradient(
  output: usize,
  g: usize,
  argmax: usize,
  gFilter: usize,
  gWindow: usize,
  outHeight: i32,
  outWidth: i32,
  filters: i32,
  kernel: i32,
  chunks: i32,
  row: usize,
  pixel: usize,
  padded: usize,
  pointers: usize,
): void {
  const bands = (kernel + INPUT_TILE_ROWS) / INPUT_TILE_ROWS;
  const copyBytes = <usize> (bands * chunks) * PADDED_TILE;
  const wholeRow = <usize> outWidth * gWindow, wholeWindow = <usize> filters * gFilter;
  const right = 2 * pixel;
  for (let y = 0, first: usize = 0; y < outHeight; y++, first += 2 * row) {
    findPaddedWeights(argmax, gFilter, gWindow, outWidth, filters, first, row, pixel, padded, copyBytes, pointers);
    const stop = g + wholeRow, toPointers = pointers - g;
    for (let band = 0; band < bands; band++) {
      const from = output + first + <usize> (INPUT_TILE_ROWS * band) * row;
      const skip = <usize> (band * chunks) * PADDED_TILE;
      // from the last tile to the first, each with the one APART before it as long as there is one, six at
      // a time; the narrow build in the order in which such a pair gets to a number
      for (let high = chunks; high > 0; high -= 2 * APART) {
        const low = max(high - 2 * APART, 0), end = max(high - APART, low);
        for (let tile = high - 1; tile >= end; tile--) {
          const before = tile >= low + APART ? tile - APART : tile;
          if (WIDE && before < tile) {
            const to = from + <usize> before * CHUNK_ROW, at = skip + <usize> before * PADDED_TILE;
            sweep(true, to, row, right, g, stop, gWindow, wholeWindow, gFilter, toPointers, at);
            continue;
          }
          for (let one = tile; one >= before; one -= APART) {
            const to = from + <usize> one * CHUNK_ROW, at = skip + <usize> one * PADDED_TILE;
            sweep(false, to, row, right, g, stop, gWindow, wholeWindow, gFilter, toPointers, at);
          }
        }
      }
    }
    g += wholeRow, argmax += wholeRow;
  }
}

/**
 * One tile of each window of a row, or two that stand `APART`: neighbours would read what the window before
 * has only just written in part, and wait for it. Only the wide build has registers for two.
 * @param r0 the first window's
 * @param g, stop gradients of the row
 * @param skip from a copy's start to its tile
 */
// @ts-ignore: decorator
@inline
function sweep(
  two: bool,
  r0: usize,
  row: usize,
  right: usize,
  g: usize,
  stop: usize,
  gWindow: usize,
  wholeWindow: usize,
  gFilter: usize,
  toPointers: usize,
  skip: usize,
): void {
  for (; g < stop; g += gWindow, r0 += right) {
    const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row, r5 = r4 + row;
    let a0 = v128.load(r0, 0), a1 = v128.load(r0, 16);
    let b0 = v128.load(r1, 0), b1 = v128.load(r1, 16);
    let c0 = v128.load(r2, 0), c1 = v128.load(r2, 16);
    let d0 = v128.load(r3, 0), d1 = v128.load(r3, 16);
    let e0 = v128.load(r4, 0), e1 = v128.load(r4, 16);
    let h0 = v128.load(r5, 0), h1 = v128.load(r5, 16);
    let A0 = a0, A1 = a0, B0 = a0, B1 = a0, C0 = a0, C1 = a0;
    let D0 = a0, D1 = a0, E0 = a0, E1 = a0, H0 = a0, H1 = a0;
    if (two) {
      A0 = v128.load(r0, APART * CHUNK_ROW), A1 = v128.load(r0, APART * CHUNK_ROW + 16);
      B0 = v128.load(r1, APART * CHUNK_ROW), B1 = v128.load(r1, APART * CHUNK_ROW + 16);
      C0 = v128.load(r2, APART * CHUNK_ROW), C1 = v128.load(r2, APART * CHUNK_ROW + 16);
      D0 = v128.load(r3, APART * CHUNK_ROW), D1 = v128.load(r3, APART * CHUNK_ROW + 16);
      E0 = v128.load(r4, APART * CHUNK_ROW), E1 = v128.load(r4, APART * CHUNK_ROW + 16);
      H0 = v128.load(r5, APART * CHUNK_ROW), H1 = v128.load(r5, APART * CHUNK_ROW + 16);
    }
    let gf = g;
    for (const end = g + wholeWindow; gf < end; gf += gFilter) {
      // the lower three rows by an address of their own: each other offset is another limit to check against
      const s = v128.load32_splat(gf), q = load<usize>(gf + toPointers) + skip, r = q + 3 * CHUNK_ROW;
      a0 = madd(s, v128.load(q, 0), a0), a1 = madd(s, v128.load(q, 16), a1);
      b0 = madd(s, v128.load(q, 32), b0), b1 = madd(s, v128.load(q, 48), b1);
      c0 = madd(s, v128.load(q, 64), c0), c1 = madd(s, v128.load(q, 80), c1);
      d0 = madd(s, v128.load(r, 0), d0), d1 = madd(s, v128.load(r, 16), d1);
      e0 = madd(s, v128.load(r, 32), e0), e1 = madd(s, v128.load(r, 48), e1);
      h0 = madd(s, v128.load(r, 64), h0), h1 = madd(s, v128.load(r, 80), h1);
      if (two) {
        A0 = madd(s, v128.load(q, APART * PADDED_TILE + 0), A0);
        A1 = madd(s, v128.load(q, APART * PADDED_TILE + 16), A1);
        B0 = madd(s, v128.load(q, APART * PADDED_TILE + 32), B0);
        B1 = madd(s, v128.load(q, APART * PADDED_TILE + 48), B1);
        C0 = madd(s, v128.load(q, APART * PADDED_TILE + 64), C0);
        C1 = madd(s, v128.load(q, APART * PADDED_TILE + 80), C1);
        D0 = madd(s, v128.load(q, APART * PADDED_TILE + 96), D0);
        D1 = madd(s, v128.load(q, APART * PADDED_TILE + 112), D1);
        E0 = madd(s, v128.load(q, APART * PADDED_TILE + 128), E0);
        E1 = madd(s, v128.load(q, APART * PADDED_TILE + 144), E1);
        H0 = madd(s, v128.load(q, APART * PADDED_TILE + 160), H0);
        H1 = madd(s, v128.load(q, APART * PADDED_TILE + 176), H1);
      }
    }
    v128.store(r0, a1, 16), v128.store(r0, a0, 0);
    v128.store(r1, b1, 16), v128.store(r1, b0, 0);
    v128.store(r2, c1, 16), v128.store(r2, c0, 0);
    v128.store(r3, d1, 16), v128.store(r3, d0, 0);
    v128.store(r4, e1, 16), v128.store(r4, e0, 0);
    v128.store(r5, h1, 16), v128.store(r5, h0, 0);
    if (two) {
      v128.store(r0, A1, APART * CHUNK_ROW + 16), v128.store(r0, A0, APART * CHUNK_ROW);
      v128.store(r1, B1, APART * CHUNK_ROW + 16), v128.store(r1, B0, APART * CHUNK_ROW);
      v128.store(r2, C1, APART * CHUNK_ROW + 16), v128.store(r2, C0, APART * CHUNK_ROW);
      v128.store(r3, D1, APART * CHUNK_ROW + 16), v128.store(r3, D0, APART * CHUNK_ROW);
      v128.store(r4, E1, APART * CHUNK_ROW + 16), v128.store(r4, E0, APART * CHUNK_ROW);
      v128.store(r5, H1, APART * CHUNK_ROW + 16), v128.store(r5, H0, APART * CHUNK_ROW);
    }
  }
}

/**
 * Addresses of the padded that a row of windows asks for, each where its winner stands in `argmax`,
 * four at a time. What is written past the end of a line is overwritten by the next or never read.
 */
function findPaddedWeights(
  argmax: usize,
  gFilter: usize,
  gWindow: usize,
  windows: i32,
  filters: i32,
  first: usize,
  row: usize,
  pixel: usize,
  padded: usize,
  copyBytes: usize,
  pointers: usize,
): void {
  // lines of neighbours: a window's filters, or a filter's windows
  const areFilters = gFilter == 4;
  const lines = areFilters ? windows : filters;
  const lineBytes = <usize>(areFilters ? filters : windows) << 2;
  const stride = areFilters ? gWindow : gFilter;
  // from one number to the next, and from one line to the next: bytes of the window's corner, of the copy
  const corner = <i32>(2 * pixel), twoCopies = <i32>(2 * copyBytes);
  const cornerStep = areFilters ? 0 : corner, paddedStep = areFilters ? twoCopies : 0;
  const iota = i32x4(0, 1, 2, 3);
  const corners = i32x4.mul(iota, i32x4.splat(cornerStep)), cornersStep = i32x4.splat(4 * cornerStep);
  const places = i32x4.mul(iota, i32x4.splat(paddedStep)), placesStep = i32x4.splat(4 * paddedStep);
  const nextRow = i32x4.splat(<i32>row), toRight = i32x4.splat(<i32>copyBytes), up = i32x4.splat(<i32>CHUNK_ROW);
  let lineCorner = <i32>first, linePadded = <i32>padded;
  for (let line = 0; line < lines; line++, argmax += stride, pointers += stride) {
    let c = i32x4.add(corners, i32x4.splat(lineCorner)), p = i32x4.add(places, i32x4.splat(linePadded));
    for (let i: usize = 0; i < lineBytes; i += 16) {
      const offset = i32x4.sub(v128.load(argmax + i), c);
      const isLower = i32x4.ge_s(offset, nextRow);
      const isLeft = i32x4.eq(offset, v128.and(isLower, nextRow));
      const at = i32x4.add(p, i32x4.add(v128.andnot(toRight, isLeft), v128.andnot(up, isLower)));
      v128.store(pointers + i, at);
      c = i32x4.add(c, cornersStep), p = i32x4.add(p, placesStep);
    }
    lineCorner += areFilters ? corner : 0;
    linePadded += areFilters ? 0 : twoCopies;
  }
}

/**
 * (filters, channels, kernel, kernel) into the padded that `addInputGradient` reads; what is zero in
 * them must be zero before.
 */
export function padWeights(
  weights: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  chunks: i32,
  padded: usize,
): void {
  const bands = (kernel + INPUT_TILE_ROWS) / INPUT_TILE_ROWS;
  const copyBytes = <usize>(bands * chunks) * PADDED_TILE;
  for (let f = 0; f < filters; f++, padded += 2 * copyBytes) {
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++, weights += 4) {
          const w = load<f32>(weights);
          putPadded(padded, ky, kx * channels + c, bands, chunks, w);
          putPadded(padded + copyBytes, ky, (kx + 1) * channels + c, bands, chunks, w);
        }
      }
    }
  }
}

/** Row `ky` of the kernel is row ky + 1 of the copy; a band ends with the row that the next starts with. */
function putPadded(copy: usize, ky: i32, i: i32, bands: i32, chunks: i32, w: f32): void {
  const column = (<usize>(i / CHUNK) * PADDED_TILE) + (<usize>(i % CHUNK) << 2);
  const band = (ky + 1) / INPUT_TILE_ROWS, row = (ky + 1) % INPUT_TILE_ROWS;
  const bandBytes = <usize>chunks * PADDED_TILE;
  if (band < bands) store<f32>(copy + band * bandBytes + column + row * CHUNK_ROW, w);
  if (row == 0 && band > 0) store<f32>(copy + (band - 1) * bandBytes + column + INPUT_TILE_ROWS * CHUNK_ROW, w);
}
