// Backward through pooling and convolution to a layer's input, one image at a time.
import { CHUNK, CHUNK_ROW, INPUT_TILE_ROWS, PADDED_TILE_ROWS } from "../kernel_constants";
import { ConvLayer } from "./layers";
import { madd } from "./math";

/** Bytes of a tile of padded weights: seven rows, of which six are read. */
const PADDED_TILE = PADDED_TILE_ROWS * CHUNK_ROW;
/** Tiles from one to the other of the two that `sweep_2` works on. */
const APART = 3;
/** From the first tile of a sweep to each: bytes of the output, and of the padded weights. */
const OUTPUT_1 = 0, OUTPUT_2 = APART * CHUNK_ROW;
const WEIGHTS_1 = 0, WEIGHTS_2 = APART * PADDED_TILE;

/**
 * The gradient at a layer's input, channel-last, which must be zero before.
 *
 * Whatever position of its window is the largest, a filter reaches (kernel + 1)² pixels from the
 * window's corner. Its weights are padded with zeros, once for a largest on the left and once, a
 * pixel further, for one on the right; for one below, reading starts a row earlier. So a tile of 6
 * rows by 8 floats is one aligned block of weights in every case.
 * @param g, argmax as of `addShortWeightGradients`
 */
export function addInputGradient(layer: ConvLayer, output: usize, g: usize, argmax: usize): void {
  const outHeight = layer.outHeight, outWidth = layer.outWidth, filters = layer.filters;
  const gFilter = layer.filterStride, gWindow = layer.windowStride;
  const bands = layer.paddedBands, chunks = layer.paddedChunks;
  const row = <usize> layer.rowBytes, pixel = <usize> layer.pixelBytes;
  const padded = layer.paddedWeights, pointers = layer.pointers;
  const copyBytes = <usize> (bands * chunks) * PADDED_TILE;
  const wholeRow = <usize> outWidth * gWindow, wholeWindow = <usize> filters * gFilter;
  const right = 2 * pixel;
  for (let y = 0, first: usize = 0; y < outHeight; y++, first += 2 * row) {
    findPaddedWeights(
      argmax,
      gFilter,
      gWindow,
      outWidth,
      filters,
      first,
      row,
      pixel,
      padded,
      copyBytes,
      pointers,
    );
    const stop = g + wholeRow, toPointers = pointers - g;
    for (let band = 0; band < bands; band++) {
      const from = output + first + <usize> (INPUT_TILE_ROWS * band) * row;
      const skip = <usize> (band * chunks) * PADDED_TILE;
      // from the last tile to the first, each with the one APART before it as long as there is one,
      // six at a time; the narrow build in the order in which such a pair gets to a number
      for (let high = chunks; high > 0; high -= 2 * APART) {
        const low = max(high - 2 * APART, 0), end = max(high - APART, low);
        for (let tile = high - 1; tile >= end; tile--) {
          const before = tile >= low + APART ? tile - APART : tile;
          // in a short row the second tile would overwrite what the first adds to the next row
          if (WIDE && before < tile && row >= <usize> ((APART + 1) * CHUNK_ROW)) {
            const to = from + <usize> before * CHUNK_ROW, at = skip + <usize> before * PADDED_TILE;
            sweep_2(to, row, right, g, stop, gWindow, wholeWindow, gFilter, toPointers, at);
            continue;
          }
          for (let one = tile; one >= before; one -= APART) {
            const to = from + <usize> one * CHUNK_ROW, at = skip + <usize> one * PADDED_TILE;
            sweep_1(to, row, right, g, stop, gWindow, wholeWindow, gFilter, toPointers, at);
          }
        }
      }
    }
    g += wholeRow, argmax += wholeRow;
  }
}

/**
 * One tile of each window of a row, or two that stand `APART`: neighbours would read what the
 * window before has only just written in part, and wait for it. Only the wide build has registers
 * for two.
 * @param r0 the first window's
 * @param g, stop gradients of the row
 * @param skip from a copy's start to its tile
 */

// @inline
function sweep_(
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
    let $$a_ = v128.load(r0, OUTPUT_);
    let $$b_ = v128.load(r1, OUTPUT_);
    let $$c_ = v128.load(r2, OUTPUT_);
    let $$d_ = v128.load(r3, OUTPUT_);
    let $$e_ = v128.load(r4, OUTPUT_);
    let $$f_ = v128.load(r5, OUTPUT_);
    let gf = g;
    for (const end = g + wholeWindow; gf < end; gf += gFilter) {
      // the lower three rows by an address of their own: each other offset is another limit to
      // check against
      const s = v128.load32_splat(gf), q = load<usize>(gf + toPointers) + skip;
      const r = q + 3 * CHUNK_ROW;
      $$a_ = madd(s, v128.load(q, WEIGHTS_), $$a_);
      $$b_ = madd(s, v128.load(q, WEIGHTS_ + CHUNK_ROW), $$b_);
      $$c_ = madd(s, v128.load(q, WEIGHTS_ + 2 * CHUNK_ROW), $$c_);
      $$d_ = madd(s, v128.load(r, WEIGHTS_), $$d_);
      $$e_ = madd(s, v128.load(r, WEIGHTS_ + CHUNK_ROW), $$e_);
      $$f_ = madd(s, v128.load(r, WEIGHTS_ + 2 * CHUNK_ROW), $$f_);
    }
    v128.store(r0, $$a_, OUTPUT_);
    v128.store(r1, $$b_, OUTPUT_);
    v128.store(r2, $$c_, OUTPUT_);
    v128.store(r3, $$d_, OUTPUT_);
    v128.store(r4, $$e_, OUTPUT_);
    v128.store(r5, $$f_, OUTPUT_);
  }
}

/**
 * Addresses of the padded weights that a row of windows asks for, each where its window stands in
 * `argmax`, four at a time. What is written past the end of a line is overwritten by the next or
 * never read.
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
  const lineBytes = <usize> (areFilters ? filters : windows) << 2;
  const stride = areFilters ? gWindow : gFilter;
  // from one number to the next, and from one line to the next: bytes of the window's corner, of
  // the copy
  const corner = <i32> (2 * pixel), twoCopies = <i32> (2 * copyBytes);
  const cornerStep = areFilters ? 0 : corner, paddedStep = areFilters ? twoCopies : 0;
  const iota = i32x4(0, 1, 2, 3);
  const corners = i32x4.mul(iota, i32x4.splat(cornerStep)),
    cornersStep = i32x4.splat(4 * cornerStep);
  const places = i32x4.mul(iota, i32x4.splat(paddedStep)), placesStep = i32x4.splat(4 * paddedStep);
  const nextRow = i32x4.splat(<i32> row),
    toRight = i32x4.splat(<i32> copyBytes),
    up = i32x4.splat(<i32> CHUNK_ROW);
  let lineCorner = <i32> first, linePadded = <i32> padded;
  for (let line = 0; line < lines; line++, argmax += stride, pointers += stride) {
    let c = i32x4.add(corners, i32x4.splat(lineCorner)),
      p = i32x4.add(places, i32x4.splat(linePadded));
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
 * Pads a layer's weights as `addInputGradient` reads them; what is zero in them must be zero
 * before.
 */
export function padWeights(layer: ConvLayer): void {
  const filters = layer.filters, channels = layer.channels, kernel = layer.kernel;
  const bands = layer.paddedBands, chunks = layer.paddedChunks;
  let weights = layer.weights, padded = layer.paddedWeights;
  const copyBytes = <usize> (bands * chunks) * PADDED_TILE;
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

/**
 * Row `ky` of the kernel is row ky + 1 of the copy; a band ends with the row that the next starts
 * with.
 */
function putPadded(copy: usize, ky: i32, i: i32, bands: i32, chunks: i32, w: f32): void {
  const column = (<usize> (i / CHUNK) * PADDED_TILE) + (<usize> (i % CHUNK) << 2);
  const band = (ky + 1) / INPUT_TILE_ROWS, row = (ky + 1) % INPUT_TILE_ROWS;
  const bandBytes = <usize> chunks * PADDED_TILE;
  if (band < bands) store<f32>(copy + band * bandBytes + column + row * CHUNK_ROW, w);
  if (row == 0 && band > 0) {
    store<f32>(copy + (band - 1) * bandBytes + column + INPUT_TILE_ROWS * CHUNK_ROW, w);
  }
}
