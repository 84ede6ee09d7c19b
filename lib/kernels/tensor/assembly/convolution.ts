// Convolution of NHWC tensors: tiles of pixels by filters (tiles.ts), whose rows of A are the pixels' patches
// where they stand in the input. Of a patch the part inside the input is summed; nothing is padded, so what
// is infinite or NaN in a filter does not meet zeros.
import { finish } from "./finish";
import {
  batchSize,
  dilationHeight,
  dilationWidth,
  endInside,
  filterHeight,
  filterWidth,
  firstInside,
  inChannels,
  inHeight,
  inWidth,
  outChannels,
  outHeight,
  outWidth,
  padLeft,
  padTop,
  partCount,
  strideHeight,
  strideWidth,
} from "./geometry";
import { split } from "./parts";
import { C_ROW, PANEL, TILE_ROWS, tileOfRows } from "./tiles";

/** Pixels whose sums stand in a part's buffer at a time. */
const BLOCK = 48;
/** Bytes of a part's buffer: addresses of patches, then sums. */
const BUFFER: usize = BLOCK * 4 + BLOCK * C_ROW;

/**
 * output = f(input ∗ filter + bias). Descriptor: geometry, then 16 input, 17 filter in panels, 18 output,
 * 19 bias, 20 activation, 21 alpha, 22 buffers of 48 · 68 bytes, one for each part.
 */
export function convolve(d: usize, part: i32): void {
  const width = outWidth(d), rows = batchSize(d) * outHeight(d), parts = partCount(d);
  const channels = inChannels(d),
    step = strideWidth(d),
    spread = dilationWidth(d),
    taps = filterWidth(d);
  const row = <usize> (inWidth(d) * channels) << 2, pixel = <usize> channels << 2;
  const pixelOut = <usize> outChannels(d) << 2;
  const buffer = load<usize>(d, 88) + <usize> part * BUFFER;
  let output = load<usize>(d, 72) + <usize> split(rows, part, parts) * width * pixelOut;
  // columns of pixels whose patches reach beyond neither side
  const left = min(width, firstInside(-padLeft(d), step));
  const right = max(left, endInside((taps - 1) * spread - padLeft(d), step, width, inWidth(d)));
  let count = 0, upper = 0, lower = 0;
  for (let y = split(rows, part, parts), end = split(rows, part + 1, parts); y < end; y++) {
    const n = y / outHeight(d), top = (y - n * outHeight(d)) * strideHeight(d) - padTop(d);
    const first = firstInside(top, dilationHeight(d));
    const last = endInside(top, dilationHeight(d), filterHeight(d), inHeight(d));
    // where the patch's first row inside the input starts
    const line = load<usize>(d, 64) + (n * inHeight(d) + top + first * dilationHeight(d)) * row;
    if (count > 0 && (left > 0 || first != upper || last != lower)) {
      output = block(d, upper, lower, 0, taps, count, buffer, output);
      count = 0;
    }
    upper = first, lower = last;
    for (let x = 0; x < width; x++) {
      const start = x * step - padLeft(d);
      if (x < left || x >= right) {
        if (count > 0) {
          output = block(d, upper, lower, 0, taps, count, buffer, output);
          count = 0;
        }
        const from = firstInside(start, spread),
          to = max(from, endInside(start, spread, taps, inWidth(d)));
        store<usize>(buffer, line + (start + from * spread) * pixel);
        output = block(d, upper, lower, from, to, 1, buffer, output);
        continue;
      }
      store<usize>(buffer + (<usize> count << 2), line + start * pixel);
      if (++count == BLOCK) {
        output = block(d, upper, lower, 0, taps, count, buffer, output);
        count = 0;
      }
    }
  }
  if (count > 0) block(d, upper, lower, 0, taps, count, buffer, output);
}

/**
 * `count` pixels that follow each other in the output, and of whose patches the same part is inside: rows
 * upper to lower − 1 and columns from to `to` − 1 of the filter.
 * @param buffer addresses of what is inside, then room for the sums
 * @returns the output's address after them
 */
function block(
  d: usize,
  upper: i32,
  lower: i32,
  from: i32,
  to: i32,
  count: i32,
  buffer: usize,
  output: usize,
): usize {
  const filters = outChannels(d), channels = inChannels(d), taps = filterWidth(d);
  const depth = <usize> (filterHeight(d) * taps * channels);
  const bias = load<usize>(d, 76), kind = load<i32>(d, 80), alpha = load<f32>(d, 84);
  const pixelOut = <usize> filters << 2, sums = buffer + 4 * BLOCK;
  let b = load<usize>(d, 68) + <usize> ((upper * taps + from) * channels) * C_ROW;
  for (let f = 0; f < filters; f += PANEL, b += depth * C_ROW) {
    const used = min(PANEL, filters - f);
    let c = sums;
    for (let i = 0; i < count; i += TILE_ROWS, c += <usize> TILE_ROWS * C_ROW) {
      const last = count - 1;
      const p0 = load<usize>(buffer + (<usize> i << 2));
      const p1 = load<usize>(buffer + (<usize> min(i + 1, last) << 2));
      const p2 = load<usize>(buffer + (<usize> min(i + 2, last) << 2));
      const p3 = load<usize>(buffer + (<usize> min(i + 3, last) << 2));
      const p4 = load<usize>(buffer + (<usize> min(i + 4, last) << 2));
      const p5 = load<usize>(buffer + (<usize> min(i + 5, last) << 2));
      patches(d, p0, p1, p2, p3, p4, p5, lower - upper, to - from, b, used, c);
    }
    const ofBias = bias == 0 ? 0 : bias + (<usize> f << 2);
    finish(sums, count, used, ofBias, kind, alpha, output + (<usize> f << 2), pixelOut);
  }
  return output + <usize> count * pixelOut;
}

/** A tile of patches, each `rows` by `columns` taps from where it is told. */
function patches(
  d: usize,
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  p4: usize,
  p5: usize,
  rows: i32,
  columns: i32,
  b: usize,
  used: i32,
  c: usize,
): void {
  const channels = inChannels(d), row = <usize> (inWidth(d) * channels) << 2;
  const line = <usize> dilationHeight(d) * row, bLine = <usize> (filterWidth(d) * channels) * C_ROW;
  const spread = dilationWidth(d);
  if (spread == 1 || columns == 1) {
    const depth = columns * channels,
      bytes = <usize> depth << 2,
      bSkip = bLine - <usize> depth * C_ROW;
    tileOfRows(
      p0,
      p1,
      p2,
      p3,
      p4,
      p5,
      rows,
      depth,
      line - bytes,
      b,
      C_ROW,
      bSkip,
      used,
      c,
      C_ROW,
      false,
    );
    return;
  }
  const skip = <usize> ((spread - 1) * channels) << 2;
  let accumulate = false;
  do {
    const segments = rows > 0 ? columns : 0;
    tileOfRows(
      p0,
      p1,
      p2,
      p3,
      p4,
      p5,
      segments,
      channels,
      skip,
      b,
      C_ROW,
      0,
      used,
      c,
      C_ROW,
      accumulate,
    );
    p0 += line, p1 += line, p2 += line, p3 += line, p4 += line, p5 += line, b += bLine;
    accumulate = true;
  } while (--rows > 0);
}
