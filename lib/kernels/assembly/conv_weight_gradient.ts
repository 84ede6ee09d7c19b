// Backward through pooling and convolution to a layer's weights, one image at a time.
//
// Only the largest of each pooling window passes its gradient on, so a filter's gradient is a sum
// of one patch a window instead of four: a quarter of the multiply-adds. The forward pass has left
// in `argmax` where that patch starts, so nothing branches.
//
// Images are channel-last (height, width, channels): a kernel row of a patch is kernel·channels
// neighbouring floats, its "run". What a tile reads past the run's end goes into sums that nobody
// looks at.
import { CHUNK_ROW, LONG_CHUNKS, SHORT_TILE_ROWS } from "../kernel_constants";
import { ConvLayer } from "./layers";
import { madd } from "./math";

/** Bytes of a row of a short tile and of a long one. */
const SHORT = CHUNK_ROW, LONG = LONG_CHUNKS * CHUNK_ROW;
/** Bytes of a short tile. */
const SHORT_TILE = SHORT_TILE_ROWS * SHORT;
/** From the first short tile's sums to those of each beside it. */
const SUMS_1 = 0, SUMS_2 = SHORT_TILE;
/** From the first kernel row's sums of a long tile to those of each. */
const ROW_1 = 0, ROW_2 = LONG, ROW_3 = 2 * LONG;

/**
 * Adds an image's share to a layer's weight and bias gradients, for short runs: a tile is five
 * kernel rows by 8 floats; the wide build takes two tiles at once.
 * @param g gradient at the pooled output before the activation: that of filter f and window p
 *   stands at g + f·filterStride + p·windowStride; `argmax` likewise holds where its patch starts
 * @param biases gradients (filters)
 */
export function addShortWeightGradients(
  layer: ConvLayer,
  input: usize,
  g: usize,
  argmax: usize,
  biases: usize,
): void {
  const filters = layer.filters;
  const windows = layer.outHeight * layer.outWidth;
  const gFilter = layer.filterStride, gWindow = layer.windowStride;
  const row = <usize> layer.rowBytes;
  const bands = layer.tileBands, chunks = layer.tileChunks;
  let sums = layer.sums;
  // tiles follow each other as their sums do: by filter, band of kernel rows, chunk of the run
  const perFilter = bands * chunks, tiles = filters * perFilter;
  const end = windows * gWindow;
  for (let tile = 0; tile < tiles; tile++, sums += SHORT_TILE) {
    const filter = <usize> (tile / perFilter), ofFilter = filter * gFilter;
    const from = tileStart(tile, bands, chunks, row);
    const bias = tile % perFilter == 0 ? biases + (filter << 2) : 0;
    const gp = g + ofFilter, wp = argmax + ofFilter, start = input + from;
    if (WIDE && tile + 1 < tiles) {
      // the next tile beside this one: ten sums in flight hide the latency
      const next = ++tile, nextFilter = <usize> (next / perFilter);
      const more = nextFilter * gFilter - ofFilter;
      const skip = tileStart(next, bands, chunks, row) - from;
      const nextBias = next % perFilter == 0 ? biases + (nextFilter << 2) : 0;
      addShortTiles_2(0, more, 0, skip, bias, nextBias, start, gp, wp, gWindow, end, row, sums);
      sums += SHORT_TILE;
    } else addShortTiles_1(0, 0, bias, start, gp, wp, gWindow, end, row, sums);
  }
}

/**
 * The sums of tiles over all windows.
 * @param more_ from the first tile's filter to each tile's, in gradients and in `argmax`
 * @param skip_ from where the first tile reads to where each does
 * @param bias_ the filter's bias gradient if this tile is its first, else 0
 * @param wp where a window's patch starts, beside the gradients at `gp`
 */

// @inline
function addShortTiles_(
  more_: usize,
  skip_: usize,
  bias_: usize,
  start: usize,
  gp: usize,
  wp: usize,
  gWindow: usize,
  windowBytes: usize,
  row: usize,
  sums: usize,
): void {
  let biasSum_ = f32x4.splat(0);
  let $$a_ = v128.load(sums, SUMS_);
  let $$b_ = v128.load(sums, SUMS_ + SHORT);
  let $$c_ = v128.load(sums, SUMS_ + 2 * SHORT);
  let $$d_ = v128.load(sums, SUMS_ + 3 * SHORT);
  let $$e_ = v128.load(sums, SUMS_ + 4 * SHORT);
  for (const end = gp + windowBytes; gp < end; gp += gWindow, wp += gWindow) {
    const s_ = v128.load32_splat(gp + more_);
    const p_ = start + skip_ + <usize> load<i32>(wp + more_);
    const q_ = p_ + row, r_ = q_ + row, t_ = r_ + row, u_ = t_ + row;
    $$a_ = madd(s_, v128.load(p_), $$a_);
    $$b_ = madd(s_, v128.load(q_), $$b_);
    $$c_ = madd(s_, v128.load(r_), $$c_);
    $$d_ = madd(s_, v128.load(t_), $$d_);
    $$e_ = madd(s_, v128.load(u_), $$e_);
    biasSum_ = f32x4.add(biasSum_, s_);
  }
  if (bias_ != 0) addBias(bias_, biasSum_);
  v128.store(sums, $$a_, SUMS_);
  v128.store(sums, $$b_, SUMS_ + SHORT);
  v128.store(sums, $$c_, SUMS_ + 2 * SHORT);
  v128.store(sums, $$d_, SUMS_ + 3 * SHORT);
  v128.store(sums, $$e_, SUMS_ + 4 * SHORT);
}

/** A filter's bias gradient is the sum of what its windows pass on: the same in all lanes. */
function addBias(bias: usize, sum: v128): void {
  store<f32>(bias, load<f32>(bias) + f32x4.extract_lane(sum, 0));
}

/** Bytes from a window's corner to where a tile reads. */

// @inline
function tileStart(tile: i32, bands: i32, chunks: i32, row: usize): usize {
  return <usize> (tile % (bands * chunks) / chunks * SHORT_TILE_ROWS) * row +
    <usize> (tile % chunks) * SHORT;
}

/**
 * The same for long runs: a tile is one kernel row by 32 floats, of which the wide build takes up
 * to three at once.
 */
export function addLongWeightGradients(
  layer: ConvLayer,
  input: usize,
  g: usize,
  argmax: usize,
  biases: usize,
): void {
  const filters = layer.filters, kernel = layer.kernel;
  const windows = layer.outHeight * layer.outWidth;
  const gFilter = layer.filterStride, gWindow = layer.windowStride;
  const row = <usize> layer.rowBytes;
  const chunks = layer.tileChunks;
  let sums = layer.sums;
  const end = windows * gWindow;
  for (let f = 0; f < filters; f++, g += gFilter, argmax += gFilter, biases += 4) {
    let bias = f32x4.splat(0);
    for (let chunk = 0; chunk < chunks; chunk++) {
      let start = input + chunk * LONG;
      for (let ky = 0; ky < kernel;) {
        const rows = WIDE ? min(kernel - ky, 3) : 1;
        if (rows == 1) bias = addLongRows_1(0, start, g, argmax, gWindow, end, sums);
        else if (rows == 2) bias = addLongRows_2(0, row, start, g, argmax, gWindow, end, sums);
        else bias = addLongRows_3(0, row, 2 * row, start, g, argmax, gWindow, end, sums);
        ky += rows, start += rows * row, sums += rows * LONG;
      }
    }
    addBias(biases, bias);
  }
}

/**
 * The sums of kernel rows over all windows.
 * @param below_ from the first kernel row to each
 * @param wp where a window's patch starts, beside the gradients at `gp`
 * @returns the sum of the gradients, in all lanes
 */

// @inline
function addLongRows_(
  below_: usize,
  start: usize,
  gp: usize,
  wp: usize,
  gWindow: usize,
  windowBytes: usize,
  sums: usize,
): v128 {
  let bias = f32x4.splat(0);
  let $$a_ = v128.load(sums, ROW_);
  let $$b_ = v128.load(sums, ROW_ + CHUNK_ROW);
  let $$c_ = v128.load(sums, ROW_ + 2 * CHUNK_ROW);
  let $$d_ = v128.load(sums, ROW_ + 3 * CHUNK_ROW);
  for (const end = gp + windowBytes; gp < end; gp += gWindow, wp += gWindow) {
    const s = v128.load32_splat(gp);
    const patch = start + <usize> load<i32>(wp);
    bias = f32x4.add(bias, s);
    const q_ = patch + below_;
    $$a_ = madd(s, v128.load(q_), $$a_);
    $$b_ = madd(s, v128.load(q_, CHUNK_ROW), $$b_);
    $$c_ = madd(s, v128.load(q_, 2 * CHUNK_ROW), $$c_);
    $$d_ = madd(s, v128.load(q_, 3 * CHUNK_ROW), $$d_);
  }
  v128.store(sums, $$a_, ROW_);
  v128.store(sums, $$b_, ROW_ + CHUNK_ROW);
  v128.store(sums, $$c_, ROW_ + 2 * CHUNK_ROW);
  v128.store(sums, $$d_, ROW_ + 3 * CHUNK_ROW);
  return bias;
}

/** Adds gradients as one of the two above leaves them to (filters, channels, kernel, kernel). */
export function unpackWeightGradients(layer: ConvLayer, gradient: usize): void {
  const filters = layer.filters, channels = layer.channels, kernel = layer.kernel;
  const sums = layer.sums, bands = layer.tileBands, chunks = layer.tileChunks;
  const rows = layer.tileRows, columns = layer.tileColumns;
  const shift = ctz(columns), tile = rows * columns;
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        const row = (f * bands + ky / rows) * chunks * tile + ky % rows * columns;
        for (let i = c; i < kernel * channels; i += channels, gradient += 4) {
          const at = sums + (<usize> (row + (i >> shift) * tile + (i & (columns - 1))) << 2);
          store<f32>(gradient, load<f32>(gradient) + load<f32>(at));
        }
      }
    }
  }
}
