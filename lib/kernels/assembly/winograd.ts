// Convolution by 5 × 5 and 2 × 2 max-pooling with Winograd's minimal filtering: the same as
// `convPool` with 36 multiply-adds a window, channel and filter instead of 100.
//
// A window's four sums come from a patch of 6 × 6 pixels. In one direction, two neighbouring sums
// of five taps are the product of two polynomials' coefficients, and a polynomial is known from its
// values at as many points as it has coefficients: here at 0, 1, −1, 2, −2 and ∞ (the highest
// coefficient). So
//
//     sums = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A   w: 5 × 5 weights, d: 6 × 6 pixels, ⊙: number by number
//
//     Bᵀ = 4  0 −5  0  1  0      G = ¼ of   1                   Aᵀ = 1  1  1  1  1  0
//          0 −4 −4  1  1  0         −⅙ of   1  1  1  1  1            0  1 −1  2 −2  1
//          0  4 −4 −1  1  0         −⅙ of   1 −1  1 −1  1
//          0 −2 −1  2  1  0         1/24 of 1  2  4  8 16
//          0  2 −1 −2  1  0         1/24 of 1 −2  4 −8 16
//          0  4  0 −5  0  1                             1
//
// The product is summed over the channels before Aᵀ and A come, so they cost little. Rounding is
// about four times that of the direct sums. (Winograd 1980; Lavin and Gray 2016 for convolutions.)
//
// Everything is in lanes of eight images. Windows of a row are taken five at a time.
import { LANE_ROW, PATCH_POINTS, PATCH_WINDOWS } from "../kernel_constants";
import { ConvLayer } from "./layers";
import { multiply, poolWindows, transformPatches } from "./winograd_tiles";

/**
 * G w Gᵀ of all filters, once after each change of weights.
 * The results stand as (pairs of filters, 36, channels, 2); of an odd number of filters the last
 * has zeros beside it.
 */
export function transformFilters(layer: ConvLayer): void {
  const channels = layer.channels, filters = layer.filters, to = layer.transformed;
  let weights = layer.weights;
  const value = <usize> channels << 3;
  for (let f = 0; f < filters; f++) {
    const pair = to + <usize> (f >> 1) * PATCH_POINTS * value + (<usize> (f & 1) << 2);
    for (let c = 0; c < channels; c++, weights += 100) {
      const at = pair + (<usize> c << 3);
      // G w: each column; it stands for a moment where the first five of each six values will
      for (let x: usize = 0; x < 5; x++) {
        transformTaps(weights + 4 * x, 20, at + x * value, 6 * value);
      }
      for (let y: usize = 0; y < 6; y++) {
        transformTaps(at + 6 * y * value, value, at + 6 * y * value, value);
      }
    }
  }
}

/**
 * G w in one direction: five numbers `step` apart to six, `toStep` apart, which may take their
 * place.
 */
function transformTaps(from: usize, step: usize, to: usize, toStep: usize): void {
  const w0 = <f64> load<f32>(from), w1 = <f64> load<f32>(from + step);
  const w2 = <f64> load<f32>(from + 2 * step), w3 = <f64> load<f32>(from + 3 * step);
  const w4 = <f64> load<f32>(from + 4 * step);
  const even1 = w0 + w2 + w4, odd1 = w1 + w3;
  const even2 = w0 + 4 * w2 + 16 * w4, odd2 = 2 * w1 + 8 * w3;
  store<f32>(to, <f32> (w0 * 0.25));
  store<f32>(to + toStep, <f32> ((even1 + odd1) * (-1.0 / 6)));
  store<f32>(to + 2 * toStep, <f32> ((even1 - odd1) * (-1.0 / 6)));
  store<f32>(to + 3 * toStep, <f32> ((even2 + odd2) * (1.0 / 24)));
  store<f32>(to + 4 * toStep, <f32> ((even2 - odd2) * (1.0 / 24)));
  store<f32>(to + 5 * toStep, <f32> w4);
}

/**
 * `convPool` by Winograd's method, with filters from `transformFilters`.
 * @param input (channels, height, width) in lanes, readable for ten pixels more
 */
export function convPoolWinograd(
  layer: ConvLayer,
  input: usize,
  output: usize,
  argmax: usize,
): void {
  const transformed = layer.transformed, bias = layer.bias;
  const columns = layer.columns, patches = layer.patches, products = layer.products;
  const channels = layer.channels, filters = layer.filters;
  const outWidth = layer.outWidth, outHeight = layer.outHeight;
  const right = layer.pixelBytes, down = layer.rowBytes;
  const row = <usize> layer.width * LANE_ROW, plane = <usize> layer.height * row;
  const outPlane = <usize> (outWidth * outHeight) * LANE_ROW;
  const pair = <usize> (PATCH_POINTS * channels) << 3;
  for (let py = 0; py < outHeight; py++) {
    for (let px = 0; px < outWidth; px += PATCH_WINDOWS) {
      const corner = input + 2 * py * row + <usize> (2 * px) * LANE_ROW;
      for (let c = 0; c < channels; c++) {
        transformPatches(
          corner + c * plane,
          row,
          columns,
          patches + <usize> (c * PATCH_WINDOWS) * LANE_ROW,
          channels,
        );
      }
      const windows = min(PATCH_WINDOWS, outWidth - px);
      for (let f = 0; f < filters; f += 2) {
        multiply(transformed + <usize> (f >> 1) * pair, patches, channels, products);
        const first = 2 * py * down + 2 * px * right;
        const at = f * outPlane + <usize> (py * outWidth + px) * LANE_ROW;
        for (let odd: usize = 0; odd < <usize> min(2, filters - f); odd++) {
          const m = products + odd * PATCH_WINDOWS * LANE_ROW,
            b = bias + (<usize> f + odd << 2),
            to = at + odd * outPlane;
          poolWindows(m, b, windows, output + to, argmax + to, first, right, down);
        }
      }
    }
  }
}
