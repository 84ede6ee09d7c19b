// Backward through pooling and convolution to a layer's weights, one image at a time.
//
// Only the winner of each pooling window passes its gradient on, so a filter's gradient is a sum of
// one patch a window instead of four: a quarter of the multiply-adds. The forward pass has left where
// each winner's patch starts, so nothing branches.
//
// Images are channel-last (height, width, channels): a kernel row of a patch is kernel·channels
// neighbouring floats, its "run". What a tile reads past the run's end goes into sums that nobody
// looks at.
import { CHUNK_ROW, LONG_CHUNKS, SHORT_TILE_ROWS } from "../kernel_constants";
import { madd } from "./math";

/** Bytes of a row of a short tile and of a long one. */
const SHORT = CHUNK_ROW, LONG = LONG_CHUNKS * CHUNK_ROW;

/**
 * Adds an image's share to a layer's weight and bias gradients, for short runs: a tile is five kernel
 * rows by 8 floats; two tiles at once in the wide build.
 *
 * @param g gradient at the pooled output before tanh: filter f of window p stands at
 *   g + f·gFilter + p·gWindow; `argmax` likewise holds where its patch starts
 * @param chunks of 8 floats that a run fills
 * @param row bytes of an image's row
 * @param sums (filters, bands of 5 kernel rows, chunks, 5, 8)
 * @param biases (filters)
 */
export function addShortWeightGradients(
  input: usize,
  g: usize,
  argmax: usize,
  gFilter: usize,
  gWindow: usize,
  windows: i32,
  filters: i32,
  kernel: i32,
  chunks: i32,
  row: usize,
  sums: usize,
  biases: usize,
): void {
  const bands = (kernel + SHORT_TILE_ROWS - 1) / SHORT_TILE_ROWS;
  // tiles follow each other as their sums do: by filter, band of five kernel rows, chunk of the run
  const tiles = filters * bands * chunks;
  for (let tile = 0; tile < tiles; tile++, sums += SHORT_TILE_ROWS * SHORT) {
    const from = tileStart(tile, bands, chunks, row), filter = tileFilter(tile, bands, chunks);
    const ofFilter = filter * gFilter;
    let bias = f32x4.splat(0), Bias = bias;
    let gp = g + ofFilter, wp = argmax + ofFilter;
    let a0 = v128.load(sums, 0), a1 = v128.load(sums, 16);
    let b0 = v128.load(sums, 32), b1 = v128.load(sums, 48);
    let c0 = v128.load(sums, 64), c1 = v128.load(sums, 80);
    let d0 = v128.load(sums, 96), d1 = v128.load(sums, 112);
    let e0 = v128.load(sums, 128), e1 = v128.load(sums, 144);
    let more: usize = 0, skip: usize = 0;
    let A0 = a0, A1 = a0, B0 = a0, B1 = a0, C0 = a0, C1 = a0, D0 = a0, D1 = a0, E0 = a0, E1 = a0;
    if (WIDE) {
      // the next tile beside this one, unless this is the last: ten sums in flight hide the latency
      const next = min(tile + 1, tiles - 1);
      more = tileFilter(next, bands, chunks) * gFilter - ofFilter;
      skip = tileStart(next, bands, chunks, row) - from;
      A0 = v128.load(sums, 160), A1 = v128.load(sums, 176);
      B0 = v128.load(sums, 192), B1 = v128.load(sums, 208);
      C0 = v128.load(sums, 224), C1 = v128.load(sums, 240);
      D0 = v128.load(sums, 256), D1 = v128.load(sums, 272);
      E0 = v128.load(sums, 288), E1 = v128.load(sums, 304);
    }
    const start = input + from;
    for (const end = gp + windows * gWindow; gp < end; gp += gWindow, wp += gWindow) {
      const s = v128.load32_splat(gp);
      const r0 = start + <usize>load<i32>(wp);
      const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row;
      a0 = madd(s, v128.load(r0), a0), a1 = madd(s, v128.load(r0, 16), a1);
      b0 = madd(s, v128.load(r1), b0), b1 = madd(s, v128.load(r1, 16), b1);
      c0 = madd(s, v128.load(r2), c0), c1 = madd(s, v128.load(r2, 16), c1);
      d0 = madd(s, v128.load(r3), d0), d1 = madd(s, v128.load(r3, 16), d1);
      e0 = madd(s, v128.load(r4), e0), e1 = madd(s, v128.load(r4, 16), e1);
      bias = f32x4.add(bias, s);
      if (WIDE) {
        const S = v128.load32_splat(gp + more);
        const R0 = start + skip + <usize>load<i32>(wp + more);
        const R1 = R0 + row, R2 = R1 + row, R3 = R2 + row, R4 = R3 + row;
        A0 = madd(S, v128.load(R0), A0), A1 = madd(S, v128.load(R0, 16), A1);
        B0 = madd(S, v128.load(R1), B0), B1 = madd(S, v128.load(R1, 16), B1);
        C0 = madd(S, v128.load(R2), C0), C1 = madd(S, v128.load(R2, 16), C1);
        D0 = madd(S, v128.load(R3), D0), D1 = madd(S, v128.load(R3, 16), D1);
        E0 = madd(S, v128.load(R4), E0), E1 = madd(S, v128.load(R4, 16), E1);
        Bias = f32x4.add(Bias, S);
      }
    }
    if (tile % (bands * chunks) == 0) addBias(biases + (filter << 2), bias);
    v128.store(sums, a1, 16), v128.store(sums, a0, 0);
    v128.store(sums, b1, 48), v128.store(sums, b0, 32);
    v128.store(sums, c1, 80), v128.store(sums, c0, 64);
    v128.store(sums, d1, 112), v128.store(sums, d0, 96);
    v128.store(sums, e1, 144), v128.store(sums, e0, 128);
    if (WIDE && tile + 1 < tiles) {
      tile++, sums += SHORT_TILE_ROWS * SHORT;
      if (tile % (bands * chunks) == 0) {
        addBias(biases + (tileFilter(tile, bands, chunks) << 2), Bias);
      }
      v128.store(sums, A1, 16), v128.store(sums, A0, 0);
      v128.store(sums, B1, 48), v128.store(sums, B0, 32);
      v128.store(sums, C1, 80), v128.store(sums, C0, 64);
      v128.store(sums, D1, 112), v128.store(sums, D0, 96);
      v128.store(sums, E1, 144), v128.store(sums, E0, 128);
    }
  }
}

/** A filter's bias gradient is the sum of what its windows pass on: the same in all lanes. */
function addBias(bias: usize, sum: v128): void {
  store<f32>(bias, load<f32>(bias) + f32x4.extract_lane(sum, 0));
}

/** Bytes from a window's corner to where a tile reads. */
// @ts-ignore: decorator
@inline
function tileStart(tile: i32, bands: i32, chunks: i32, row: usize): usize {
  return <usize>(tile % (bands * chunks) / chunks * SHORT_TILE_ROWS) * row + <usize>(tile % chunks) * SHORT;
}

// @ts-ignore: decorator
@inline
function tileFilter(tile: i32, bands: i32, chunks: i32): usize {
  return <usize>(tile / (bands * chunks));
}

/**
 * The same for long runs: a tile is one kernel row by 32 floats, or up to three rows in the wide build.
 * @param chunks of 32 floats that a run fills
 * @param sums (filters, chunks, kernel, 32)
 * @param biases (filters)
 */
export function addLongWeightGradients(
  input: usize,
  g: usize,
  argmax: usize,
  gFilter: usize,
  gWindow: usize,
  windows: i32,
  filters: i32,
  kernel: i32,
  chunks: i32,
  row: usize,
  sums: usize,
  biases: usize,
): void {
  for (let f = 0; f < filters; f++, g += gFilter, argmax += gFilter, biases += 4) {
    let bias = f32x4.splat(0);
    for (let chunk = 0; chunk < chunks; chunk++) {
      for (let ky = 0; ky < kernel; ky++, sums += LONG) {
        // the rows below, if there are any
        const two = WIDE && ky + 1 < kernel, three = WIDE && ky + 2 < kernel;
        const start = input + ky * row + chunk * LONG;
        let a0 = v128.load(sums), a1 = v128.load(sums, 16), a2 = v128.load(sums, 32), a3 = v128.load(sums, 48);
        let a4 = v128.load(sums, 64), a5 = v128.load(sums, 80), a6 = v128.load(sums, 96), a7 = v128.load(sums, 112);
        let b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0, b7 = a0;
        if (two) {
          b0 = v128.load(sums, 128), b1 = v128.load(sums, 144), b2 = v128.load(sums, 160), b3 = v128.load(sums, 176);
          b4 = v128.load(sums, 192), b5 = v128.load(sums, 208), b6 = v128.load(sums, 224), b7 = v128.load(sums, 240);
        }
        let c0 = a0, c1 = a0, c2 = a0, c3 = a0, c4 = a0, c5 = a0, c6 = a0, c7 = a0;
        if (three) {
          c0 = v128.load(sums, 256), c1 = v128.load(sums, 272), c2 = v128.load(sums, 288), c3 = v128.load(sums, 304);
          c4 = v128.load(sums, 320), c5 = v128.load(sums, 336), c6 = v128.load(sums, 352), c7 = v128.load(sums, 368);
        }
        bias = f32x4.splat(0);
        let gp = g, wp = argmax;
        for (const end = gp + windows * gWindow; gp < end; gp += gWindow, wp += gWindow) {
          const s = v128.load32_splat(gp);
          const q = start + <usize>load<i32>(wp);
          bias = f32x4.add(bias, s);
          a0 = madd(s, v128.load(q), a0), a1 = madd(s, v128.load(q, 16), a1);
          a2 = madd(s, v128.load(q, 32), a2), a3 = madd(s, v128.load(q, 48), a3);
          a4 = madd(s, v128.load(q, 64), a4), a5 = madd(s, v128.load(q, 80), a5);
          a6 = madd(s, v128.load(q, 96), a6), a7 = madd(s, v128.load(q, 112), a7);
          if (two) {
            const r = q + row;
            b0 = madd(s, v128.load(r), b0), b1 = madd(s, v128.load(r, 16), b1);
            b2 = madd(s, v128.load(r, 32), b2), b3 = madd(s, v128.load(r, 48), b3);
            b4 = madd(s, v128.load(r, 64), b4), b5 = madd(s, v128.load(r, 80), b5);
            b6 = madd(s, v128.load(r, 96), b6), b7 = madd(s, v128.load(r, 112), b7);
          }
          if (three) {
            const t = q + 2 * row;
            c0 = madd(s, v128.load(t), c0), c1 = madd(s, v128.load(t, 16), c1);
            c2 = madd(s, v128.load(t, 32), c2), c3 = madd(s, v128.load(t, 48), c3);
            c4 = madd(s, v128.load(t, 64), c4), c5 = madd(s, v128.load(t, 80), c5);
            c6 = madd(s, v128.load(t, 96), c6), c7 = madd(s, v128.load(t, 112), c7);
          }
        }
        v128.store(sums, a1, 16), v128.store(sums, a0), v128.store(sums, a3, 48), v128.store(sums, a2, 32);
        v128.store(sums, a5, 80), v128.store(sums, a4, 64), v128.store(sums, a7, 112), v128.store(sums, a6, 96);
        if (two) {
          v128.store(sums, b1, 144), v128.store(sums, b0, 128), v128.store(sums, b3, 176), v128.store(sums, b2, 160);
          v128.store(sums, b5, 208), v128.store(sums, b4, 192), v128.store(sums, b7, 240), v128.store(sums, b6, 224);
          ky++, sums += LONG;
        }
        if (three) {
          v128.store(sums, c1, 144), v128.store(sums, c0, 128), v128.store(sums, c3, 176), v128.store(sums, c2, 160);
          v128.store(sums, c5, 208), v128.store(sums, c4, 192), v128.store(sums, c7, 240), v128.store(sums, c6, 224);
          ky++, sums += LONG;
        }
      }
    }
    addBias(biases, bias);
  }
}

/**
 * Adds gradients as one of the two above leaves them to (filters, channels, kernel, kernel).
 * @param rows, columns of a tile: 5 and 8 of short ones, kernel and 32 of long ones; columns are a power of 2
 */
export function unpackWeightGradients(
  sums: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  rows: i32,
  columns: i32,
  gradient: usize,
): void {
  const bands = (kernel + rows - 1) / rows, shift = ctz(columns);
  const chunks = (kernel * channels + columns - 1) >> shift, tile = rows * columns;
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
