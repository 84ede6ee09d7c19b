// Backward through pooling and convolution to a layer's input, one image at a time.
import { madd } from "./math";

/** Bytes of a tile's row: 8 floats, one 256-bit register in the wide build. */
const CHUNK: usize = 32;
/** Bytes of a tile of framed weights: seven rows, of which six are read. */
const FRAME: usize = 7 * CHUNK;

/**
 * The gradient at a layer's input, channel-last, which must be zero before.
 *
 * Whatever position of its window won, a filter reaches (kernel + 1)² pixels from the window's corner.
 * Its weights stand in a frame of zeros, once for winners on the left and once, a pixel further, for
 * those on the right; for winners below, reading starts a row earlier. So a tile of 6 rows by 8 floats
 * is one aligned block of weights, whatever won.
 *
 * @param frames (filters, right?, bands, chunks, 7 rows, 8) from `frameWeights`
 * @param pointers room for an address for each filter
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
  frames: usize,
  pointers: usize,
): void {
  const frameBytes = <usize>((kernel + 6) / 6 * chunks) * FRAME;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, g += gWindow, winners += gWindow) {
      const first = 2 * y * row + 2 * x * pixel;
      let frame = frames;
      let w = winners;
      for (let f = 0; f < filters; f++, w += gFilter, frame += 2 * frameBytes) {
        const offset = <usize>load<i32>(w) - first;
        const isLower = <usize>(offset >= row);
        const isRight = <usize>(offset - isLower * row != 0);
        store<usize>(pointers + (<usize>f << 2), frame + isRight * frameBytes + (1 - isLower) * CHUNK);
      }
      let corner = output + first;
      let skip: usize = 0;
      for (let ky = 0; ky <= kernel; ky += 6, corner += 6 * row) {
        for (let chunk = 0; chunk < chunks; chunk++, skip += FRAME) {
          const r0 = corner + chunk * CHUNK;
          const r1 = r0 + row, r2 = r1 + row, r3 = r2 + row, r4 = r3 + row, r5 = r4 + row;
          let a0 = v128.load(r0), a1 = v128.load(r0, 16);
          let b0 = v128.load(r1), b1 = v128.load(r1, 16);
          let c0 = v128.load(r2), c1 = v128.load(r2, 16);
          let d0 = v128.load(r3), d1 = v128.load(r3, 16);
          let e0 = v128.load(r4), e1 = v128.load(r4, 16);
          let h0 = v128.load(r5), h1 = v128.load(r5, 16);
          let gp = g, pp = pointers;
          for (const end = pp + (<usize>filters << 2); pp < end; pp += 4, gp += gFilter) {
            const s = v128.load32_splat(gp);
            const q = load<usize>(pp) + skip;
            a0 = madd(s, v128.load(q, 0), a0), a1 = madd(s, v128.load(q, 16), a1);
            b0 = madd(s, v128.load(q, 32), b0), b1 = madd(s, v128.load(q, 48), b1);
            c0 = madd(s, v128.load(q, 64), c0), c1 = madd(s, v128.load(q, 80), c1);
            d0 = madd(s, v128.load(q, 96), d0), d1 = madd(s, v128.load(q, 112), d1);
            e0 = madd(s, v128.load(q, 128), e0), e1 = madd(s, v128.load(q, 144), e1);
            h0 = madd(s, v128.load(q, 160), h0), h1 = madd(s, v128.load(q, 176), h1);
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

/**
 * (filters, channels, kernel, kernel) into the frames that `addInputGradient` reads; what is zero in
 * them must be zero before.
 */
export function frameWeights(
  weights: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  chunks: i32,
  frames: usize,
): void {
  const bands = (kernel + 6) / 6;
  const frameBytes = <usize>(bands * chunks) * FRAME;
  for (let f = 0; f < filters; f++, frames += 2 * frameBytes) {
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++, weights += 4) {
          const w = load<f32>(weights);
          putInFrame(frames, ky, kx * channels + c, bands, chunks, w);
          putInFrame(frames + frameBytes, ky, (kx + 1) * channels + c, bands, chunks, w);
        }
      }
    }
  }
}

/** Row `ky` of the kernel is row ky + 1 of the frame; a band ends with the row that the next starts with. */
function putInFrame(frame: usize, ky: i32, i: i32, bands: i32, chunks: i32, w: f32): void {
  const column = (<usize>(i / 8) * FRAME) + (<usize>(i % 8) << 2);
  const band = (ky + 1) / 6, row = (ky + 1) % 6;
  const bandBytes = <usize>chunks * FRAME;
  if (band < bands) store<f32>(frame + band * bandBytes + column + row * CHUNK, w);
  if (row == 0 && band > 0) store<f32>(frame + (band - 1) * bandBytes + column + 6 * CHUNK, w);
}
