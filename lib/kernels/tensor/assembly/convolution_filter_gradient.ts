// The gradient of a convolution's filter: for each tap and channel k and each filter f the sum over all
// pixels of input[patch + k] · gradient[pixel][f]. Output rows are cut into shards, each with sums of its
// own, which `foldFilterGradient` adds up in their order.
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
import { C_ROW, PANEL, TILE_ROWS, tileOfColumns } from "./tiles";

/** Rows that a run's sums are rounded up to: whole tiles in both builds. */
const ROUND = 12;
/** Floats of input and gradient that are worked on at a time, for the cache's sake. */
const NEAR = 24576;

/**
 * Descriptor: geometry (parts: shards), then 16 input, 17 gradient of the output, 18 sums, 19 bytes of a
 * shard's sums, 20 runs of neighbouring numbers that a patch is cut into: filterHeight, where nothing is
 * padded and the taps of a row are neighbours; else filterHeight · filterWidth.
 * Sums: (shard, panel, run, numbers of a run rounded up to 12, 16).
 */
export function filterGradient(d: usize, shard: i32): void {
  const sums = load<usize>(d, 72) + <usize> shard * load<usize>(d, 76);
  memory.fill(sums, 0, load<usize>(d, 76));
  const height = outHeight(d), rows = batchSize(d) * height, shards = partCount(d);
  const numbers = inWidth(d) * inChannels(d) * strideHeight(d) + outWidth(d) * outChannels(d);
  const most = max(1, NEAR / max(1, numbers));
  const end = split(rows, shard + 1, shards);
  for (let y = split(rows, shard, shards); y < end;) {
    const n = y / height, first = y - n * height;
    const last = min(min(height, first + most), first + end - y);
    addRows(d, n, first, last, sums);
    y += last - first;
  }
}

/** Output rows `first` to `last` − 1 of image n. */
function addRows(d: usize, n: i32, first: i32, last: i32, sums: usize): void {
  const channels = inChannels(d), filters = outChannels(d), width = outWidth(d);
  const runs = load<i32>(d, 80), whole = runs == filterHeight(d) && filterWidth(d) > 1;
  const run = whole ? filterWidth(d) * channels : channels;
  const runSums = <usize> ((run + ROUND - 1) / ROUND * ROUND) * C_ROW;
  const pixel = <usize> channels << 2, row = <usize> inWidth(d) * pixel;
  const gPixel = <usize> filters << 2, gRow = <usize> width * gPixel;
  const aStep = <usize> strideWidth(d) * pixel, aRow = <usize> strideHeight(d) * row;
  const input = load<usize>(d, 64) + <usize> (n * inHeight(d)) * row;
  const gradient = load<usize>(d, 68) + <usize> (n * outHeight(d)) * gRow;
  for (let f = 0; f < filters; f += PANEL) {
    const used = min(PANEL, filters - f);
    for (let i = 0; i < runs; i++, sums += runSums) {
      const ky = whole ? i : i / filterWidth(d), kx = whole ? 0 : i % filterWidth(d);
      const top = ky * dilationHeight(d) - padTop(d), left = kx * dilationWidth(d) - padLeft(d);
      const y0 = max(first, firstInside(top, strideHeight(d)));
      const y1 = min(last, endInside(top, strideHeight(d), outHeight(d), inHeight(d)));
      const x0 = firstInside(left, strideWidth(d));
      const x1 = endInside(left, strideWidth(d), width, inWidth(d));
      if (y0 >= y1 || x0 >= x1) continue;
      let p = input + (y0 * strideHeight(d) + top) * row + (x0 * strideWidth(d) + left) * pixel;
      const q = gradient + <usize> y0 * gRow + <usize> x0 * gPixel + (<usize> f << 2);
      const depth = x1 - x0,
        aSkip = aRow - <usize> depth * aStep,
        bSkip = gRow - <usize> depth * gPixel;
      let c = sums;
      for (let r = 0; r < run; r += TILE_ROWS, p += 4 * TILE_ROWS, c += <usize> TILE_ROWS * C_ROW) {
        tileOfColumns(p, aStep, y1 - y0, depth, aSkip, q, gPixel, bSkip, used, c, true);
      }
    }
  }
}

/** Descriptor: as above, and 21 the filter's gradient, 22 shards; parts are cut from its rows. */
export function foldFilterGradient(d: usize, part: i32): void {
  const filters = outChannels(d),
    runs = load<i32>(d, 80),
    shards = load<i32>(d, 88),
    parts = partCount(d);
  const shardBytes = load<usize>(d, 76), rows = filterHeight(d) * filterWidth(d) * inChannels(d);
  const run = max(1, rows / max(1, runs)), rounded = (run + ROUND - 1) / ROUND * ROUND;
  const panelBytes = <usize> (runs * rounded) * C_ROW;
  for (let k = split(rows, part, parts), end = split(rows, part + 1, parts); k < end; k++) {
    const from = load<usize>(d, 72) + <usize> (k / run * rounded + k % run) * C_ROW;
    let to = load<usize>(d, 84) + (<usize> (k * filters) << 2);
    for (let f = 0; f < filters; f++, to += 4) {
      let p = from + <usize> (f / PANEL) * panelBytes + (<usize> (f % PANEL) << 2);
      let sum = load<f32>(p);
      for (let shard = 1; shard < shards; shard++) sum += load<f32>(p += shardBytes);
      store<f32>(to, sum);
    }
  }
}
