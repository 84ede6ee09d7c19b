// Backward through pooling and convolution, one image at a time.
//
// Only the winner of each pooling window passes its gradient on, so a filter's gradient is a sum of
// one patch a window instead of four: a quarter of the multiply-adds. Patches start where the winner
// stands, at an offset that the forward pass has left, so nothing branches.
//
// Input images are channel-last (height, width, channels): a kernel row of a patch is kernel·channels
// neighbouring floats, its "run". Tiles are columns of 8 floats: as many rows as a kernel of 5 needs,
// one 256-bit register each in the wide build.

import { madd } from "./math";

/** Bytes of a tile's row. */
const CHUNK: usize = 32;

/**
 * Adds an image's share to a layer's weight gradients.
 *
 * @param g gradient at the pooled output before tanh: filter f of window p stands at
 *   g + f·gFilter + p·gWindow; `winners` likewise holds offsets from the window's corner
 * @param sums (filters, chunks, 5 or 10 …, 8): by filter, chunk of the run and kernel row
 * @param biasSums (filters)
 */
export function addWeightGradients(
  input: usize,
  g: usize,
  winners: usize,
  gFilter: usize,
  gWindow: usize,
  outHeight: i32,
  outWidth: i32,
  filters: i32,
  kernel: i32,
  chunks: i32,
  row: usize,
  pixel: usize,
  sums: usize,
  biasSums: usize,
): void {
  for (let f = 0; f < filters; f++, g += gFilter, winners += gFilter, biasSums += 4) {
    let biasSum: f32 = 0;
    for (let p = 0; p < outHeight * outWidth; p++) biasSum += load<f32>(g + p * gWindow);
    store<f32>(biasSums, load<f32>(biasSums) + biasSum);
    for (let ky = 0; ky < kernel; ky += 5) {
      let chunk = 0;
      if (WIDE) {
        for (; chunk + 1 < chunks; chunk += 2, sums += 10 * CHUNK) {
          let a0 = v128.load(sums, 0),
            a1 = v128.load(sums, 16),
            a2 = v128.load(sums, 160),
            a3 = v128.load(sums, 176);
          let b0 = v128.load(sums, 32),
            b1 = v128.load(sums, 48),
            b2 = v128.load(sums, 192),
            b3 = v128.load(sums, 208);
          let c0 = v128.load(sums, 64),
            c1 = v128.load(sums, 80),
            c2 = v128.load(sums, 224),
            c3 = v128.load(sums, 240);
          let d0 = v128.load(sums, 96),
            d1 = v128.load(sums, 112),
            d2 = v128.load(sums, 256),
            d3 = v128.load(sums, 272);
          let e0 = v128.load(sums, 128),
            e1 = v128.load(sums, 144),
            e2 = v128.load(sums, 288),
            e3 = v128.load(sums, 304);
          let gp = g, wp = winners;
          let corner = input + ky * row + chunk * CHUNK;
          for (let y = 0; y < outHeight; y++, corner += 2 * row) {
            let q = corner;
            for (let x = 0; x < outWidth; x++, q += 2 * pixel, gp += gWindow, wp += gWindow) {
              const s = v128.load32_splat(gp);
              const r0 = q + <usize> load<i32>(wp);
              const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row;
              a0 = madd(s, v128.load(r0, 0), a0);
              a1 = madd(s, v128.load(r0, 16), a1);
              a2 = madd(s, v128.load(r0, 32), a2);
              a3 = madd(s, v128.load(r0, 48), a3);
              b0 = madd(s, v128.load(r1, 0), b0);
              b1 = madd(s, v128.load(r1, 16), b1);
              b2 = madd(s, v128.load(r1, 32), b2);
              b3 = madd(s, v128.load(r1, 48), b3);
              c0 = madd(s, v128.load(r2, 0), c0);
              c1 = madd(s, v128.load(r2, 16), c1);
              c2 = madd(s, v128.load(r2, 32), c2);
              c3 = madd(s, v128.load(r2, 48), c3);
              d0 = madd(s, v128.load(r3, 0), d0);
              d1 = madd(s, v128.load(r3, 16), d1);
              d2 = madd(s, v128.load(r3, 32), d2);
              d3 = madd(s, v128.load(r3, 48), d3);
              e0 = madd(s, v128.load(r4, 0), e0);
              e1 = madd(s, v128.load(r4, 16), e1);
              e2 = madd(s, v128.load(r4, 32), e2);
              e3 = madd(s, v128.load(r4, 48), e3);
            }
          }
          v128.store(sums, a0, 0),
            v128.store(sums, a1, 16),
            v128.store(sums, a2, 160),
            v128.store(sums, a3, 176);
          v128.store(sums, b0, 32),
            v128.store(sums, b1, 48),
            v128.store(sums, b2, 192),
            v128.store(sums, b3, 208);
          v128.store(sums, c0, 64),
            v128.store(sums, c1, 80),
            v128.store(sums, c2, 224),
            v128.store(sums, c3, 240);
          v128.store(sums, d0, 96),
            v128.store(sums, d1, 112),
            v128.store(sums, d2, 256),
            v128.store(sums, d3, 272);
          v128.store(sums, e0, 128),
            v128.store(sums, e1, 144),
            v128.store(sums, e2, 288),
            v128.store(sums, e3, 304);
        }
      }
      for (; chunk < chunks; chunk++, sums += 5 * CHUNK) {
        let a0 = v128.load(sums, 0), a1 = v128.load(sums, 16);
        let b0 = v128.load(sums, 32), b1 = v128.load(sums, 48);
        let c0 = v128.load(sums, 64), c1 = v128.load(sums, 80);
        let d0 = v128.load(sums, 96), d1 = v128.load(sums, 112);
        let e0 = v128.load(sums, 128), e1 = v128.load(sums, 144);
        let gp = g, wp = winners;
        let corner = input + ky * row + chunk * CHUNK;
        for (let y = 0; y < outHeight; y++, corner += 2 * row) {
          let q = corner;
          for (let x = 0; x < outWidth; x++, q += 2 * pixel, gp += gWindow, wp += gWindow) {
            const s = v128.load32_splat(gp);
            const r0 = q + <usize> load<i32>(wp);
            const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row;
            a0 = madd(s, v128.load(r0, 0), a0);
            a1 = madd(s, v128.load(r0, 16), a1);
            b0 = madd(s, v128.load(r1, 0), b0);
            b1 = madd(s, v128.load(r1, 16), b1);
            c0 = madd(s, v128.load(r2, 0), c0);
            c1 = madd(s, v128.load(r2, 16), c1);
            d0 = madd(s, v128.load(r3, 0), d0);
            d1 = madd(s, v128.load(r3, 16), d1);
            e0 = madd(s, v128.load(r4, 0), e0);
            e1 = madd(s, v128.load(r4, 16), e1);
          }
        }
        v128.store(sums, a0, 0), v128.store(sums, a1, 16);
        v128.store(sums, b0, 32), v128.store(sums, b1, 48);
        v128.store(sums, c0, 64), v128.store(sums, c1, 80);
        v128.store(sums, d0, 96), v128.store(sums, d1, 112);
        v128.store(sums, e0, 128), v128.store(sums, e1, 144);
      }
    }
  }
}

/**
 * The gradient at a layer's input, channel-last, which must be zero before.
 *
 * Whatever position of its window won, a filter reaches (kernel + 1)² pixels from the window's corner.
 * Its weights stand in a frame of zeros, and the start of reading is moved back by the winner's
 * offset: rows that the winner does not reach read zeros.
 *
 * @param padded (filters, kernel + 2 rounded up to reach whole tiles, rowBytes): the kernel from row 1
 *   on, `pixel` bytes from the left
 */
export function addInputGradient(
  output: usize,
  g: usize,
  winners: usize,
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
  paddedRow: usize,
  paddedFilter: usize,
  pointers: usize,
): void {
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, g += gWindow, winners += gWindow) {
      // where each filter starts to read: one row and one pixel less far for a winner down or right
      let start = padded + paddedRow + pixel;
      let w = winners;
      for (let f = 0; f < filters; f++, w += gFilter, start += paddedFilter) {
        const offset = <usize> load<i32>(w);
        const isLower = <usize> (offset >= row);
        const isRight = <usize> (offset - isLower * row != 0);
        store<usize>(pointers + (<usize> f << 2), start - isLower * paddedRow - isRight * pixel);
      }
      const corner = output + 2 * y * row + 2 * x * pixel;
      for (let ky = 0; ky <= kernel; ky += 6) {
        for (let chunk = 0; chunk < chunks; chunk++) {
          const r0 = corner + ky * row + chunk * CHUNK;
          const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row, r5 = r4 + row;
          const skip = ky * paddedRow + chunk * CHUNK;
          let a0 = v128.load(r0), a1 = v128.load(r0, 16);
          let b0 = v128.load(r1), b1 = v128.load(r1, 16);
          let c0 = v128.load(r2), c1 = v128.load(r2, 16);
          let d0 = v128.load(r3), d1 = v128.load(r3, 16);
          let e0 = v128.load(r4), e1 = v128.load(r4, 16);
          let h0 = v128.load(r5), h1 = v128.load(r5, 16);
          let gp = g, pp = pointers;
          for (const end = pp + (<usize> filters << 2); pp < end; pp += 4, gp += gFilter) {
            const s = v128.load32_splat(gp);
            const q0 = load<usize>(pp) + skip;
            const q1 = q0 + paddedRow, q2 = q1 + paddedRow, q3 = q2 + paddedRow;
            const q4 = q3 + paddedRow, q5 = q4 + paddedRow;
            a0 = madd(s, v128.load(q0), a0);
            a1 = madd(s, v128.load(q0, 16), a1);
            b0 = madd(s, v128.load(q1), b0);
            b1 = madd(s, v128.load(q1, 16), b1);
            c0 = madd(s, v128.load(q2), c0);
            c1 = madd(s, v128.load(q2, 16), c1);
            d0 = madd(s, v128.load(q3), d0);
            d1 = madd(s, v128.load(q3, 16), d1);
            e0 = madd(s, v128.load(q4), e0);
            e1 = madd(s, v128.load(q4, 16), e1);
            h0 = madd(s, v128.load(q5), h0);
            h1 = madd(s, v128.load(q5, 16), h1);
          }
          v128.store(r0, a0), v128.store(r0, a1, 16);
          v128.store(r1, b0), v128.store(r1, b1, 16);
          v128.store(r2, c0), v128.store(r2, c1, 16);
          v128.store(r3, d0), v128.store(r3, d1, 16);
          v128.store(r4, e0), v128.store(r4, e1, 16);
          v128.store(r5, h0), v128.store(r5, h1, 16);
        }
      }
    }
  }
}

/** (filters, channels, kernel, kernel) into the frame of zeros that `addInputGradient` reads. */
export function padWeights(
  weights: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  padded: usize,
  paddedRow: usize,
  paddedFilter: usize,
): void {
  const pixel = <usize> channels << 2;
  for (let f = 0; f < filters; f++, padded += paddedFilter) {
    for (let c = 0; c < channels; c++) {
      let to = padded + paddedRow + pixel + (<usize> c << 2);
      for (let ky = 0; ky < kernel; ky++, to += paddedRow) {
        for (let kx = 0; kx < kernel; kx++, weights += 4) {
          store<f32>(to + kx * pixel, load<f32>(weights));
        }
      }
    }
  }
}

/** Gradients as `addWeightGradients` leaves them, added to (filters, channels, kernel, kernel). */
export function unpackWeightGradients(
  sums: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  chunks: i32,
  gradient: usize,
): void {
  const bands = (kernel + 4) / 5;
  for (let f = 0; f < filters; f++, sums += <usize> (bands * chunks * 5) * CHUNK) {
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++, gradient += 4) {
          const i = kx * channels + c;
          const at = <usize> (((ky / 5) * chunks + i / 8) * 5 + ky % 5) * CHUNK +
            (<usize> (i % 8) << 2);
          store<f32>(gradient, load<f32>(gradient) + load<f32>(sums + at));
        }
      }
    }
  }
}
