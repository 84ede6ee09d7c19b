// Winograd's method down the columns only, for convolutions of one or two channels: with so few to
// sum over, transforms in both directions (winograd.ts) would cost more than they save. Four sums
// of five taps take eight multiply-adds instead of twenty; along the rows nothing changes:
//
//     four rows of sums = Aᵀ m,     m_j[x] = Σ_kx (G w)_j[kx] · (Bᵀ d)_j[x + kx],     j = 0 … 7
//
//     Bᵀ = 1  0  −5¼   0   5¼   0  −1  0      Aᵀ = 1  1  1  1  1  1  1  0      at the points
//          0  1   1  −4¼ −4¼    1   1  0           0  1 −1  2 −2  ½ −½  0      0, ±1, ±2, ±½, ∞
//          0 −1   1   4¼ −4¼   −1   1  0           0  1  1  4  4  ¼  ¼  0
//          0  ½   ¼  −2½ −1¼    2   1  0           0  1 −1  8 −8  ⅛ −⅛  1
//          0 −½   ¼   2½ −1¼   −2   1  0
//          0  2   4  −2½  −5    ½   1  0      G = wᵀ's value at each point, times
//          0 −2   4   2½  −5   −½   1  0          1, −2/9, −2/9, 1/90, 1/90, 32/45, 32/45, 1
//          0 −1   0   5¼   0  −5¼   0  1
//
// Rounding is two to four times that of the direct sums.
//
// Everything is in lanes of eight images. Windows are taken two rows at a time.
import { COLUMN_POINTS, COLUMN_SUMS, LANE_ROW } from "../kernel_constants";
import { ConvLayer } from "./layers";
import { poolColumns, sumColumns, TAPS, transformPixels } from "./winograd_columns_tiles";
import { VECTOR } from "./vectors";

/**
 * G w of all filters, once after each change of weights.
 * The results stand as (pairs of filters, 8, channels, 5, 2); of an odd number of filters the last
 * has zeros beside it.
 */
export function transformFilterColumns(layer: ConvLayer): void {
  const channels = layer.channels, filters = layer.filters, to = layer.transformed;
  let weights = layer.weights;
  const value = <usize> channels * TAPS;
  for (let f = 0; f < filters; f++) {
    const pair = to + <usize> (f >> 1) * COLUMN_POINTS * value + (<usize> (f & 1) << 2);
    for (let c = 0; c < channels; c++, weights += 80) {
      for (let x: usize = 0; x < 5; x++, weights += 4) {
        transformTaps(weights, pair + <usize> c * TAPS + 8 * x, value);
      }
    }
  }
}

/** G w of a column of a kernel's weights. */
function transformTaps(from: usize, to: usize, toStep: usize): void {
  const w0 = <f64> load<f32>(from), w1 = <f64> load<f32>(from, 20), w2 = <f64> load<f32>(from, 40);
  const w3 = <f64> load<f32>(from, 60), w4 = <f64> load<f32>(from, 80);
  store<f32>(to, <f32> w0);
  to = transformAtPair(w0 + w2 + w4, w1 + w3, -2.0 / 9, to + toStep, toStep);
  to = transformAtPair(w0 + 4 * w2 + 16 * w4, 2 * w1 + 8 * w3, 1.0 / 90, to, toStep);
  to = transformAtPair(w0 + w2 / 4 + w4 / 16, w1 / 2 + w3 / 8, 32.0 / 45, to, toStep);
  store<f32>(to, <f32> w4);
}

/**
 * The polynomial's values at a point and at its negative, from the sums of its even and odd terms.
 */
function transformAtPair(even: f64, odd: f64, factor: f64, to: usize, toStep: usize): usize {
  store<f32>(to, <f32> ((even + odd) * factor));
  store<f32>(to + toStep, <f32> ((even - odd) * factor));
  return to + 2 * toStep;
}

/** `convPool` by Winograd's method, with filters from `transformFilterColumns`. */
export function convPoolWinogradColumns(
  layer: ConvLayer,
  input: usize,
  output: usize,
  argmax: usize,
): void {
  const transformed = layer.transformed, bias = layer.bias;
  const columns = layer.columns, products = layer.products;
  const channels = layer.channels, filters = layer.filters;
  const outWidth = layer.outWidth, outHeight = layer.outHeight;
  const right = layer.pixelBytes, down = layer.rowBytes;
  const row = <usize> layer.width * LANE_ROW, plane = <usize> layer.height * row;
  const outRow = <usize> outWidth * LANE_ROW, outPlane = <usize> outHeight * outRow;
  const value = <usize> channels * row, taps = <usize> channels * TAPS;
  const sums = <usize> ((2 * outWidth + COLUMN_SUMS - 1) & -COLUMN_SUMS) * LANE_ROW;
  for (let py = 0; py < outHeight; py += 2) {
    const both = py + 1 < outHeight;
    for (let c = 0; c < channels; c++) {
      const from = input + c * plane + 2 * py * row, to = columns + c * row;
      for (let x: usize = 0; x < row; x += VECTOR) {
        transformPixels(from + x, row, both, to + x, value);
      }
    }
    let w = transformed;
    for (let f = 0; f < filters; f += 2) {
      for (let j = 0; j < COLUMN_POINTS; j++, w += taps) {
        sumColumns(w, columns + j * value, channels, row, products + 2 * j * sums, sums);
      }
      for (let odd = 0; odd < min(2, filters - f); odd++) {
        const at = <usize> (f + odd) * outPlane + py * outRow;
        const ofBias = bias + (<usize> (f + odd) << 2), m = products + odd * sums;
        const lower = both ? outRow : 0;
        poolColumns(
          m,
          2 * sums,
          ofBias,
          outWidth,
          output + at,
          argmax + at,
          lower,
          2 * py * down,
          right,
          down,
        );
      }
    }
  }
}
