// Inference of one image, where there are no others to stand beside it: here the lanes are filters.
// Sums run in the same order as in the batched kernels, so the logits have the same bits.
import { PANEL_ROW, SINGLE_FILTERS } from "../kernel_constants";
import { ConvLayer, DenseLayer } from "./layers";
import { madd } from "./math";

/** (filters, channels, kernel, kernel) into (tiles of 8 filters, channels, kernel, kernel, 8). */
export function packFilters(layer: ConvLayer): void {
  const filters = layer.filters, packed = layer.packed;
  const taps = layer.channels * layer.kernel * layer.kernel;
  let weights = layer.weights;
  for (let f = 0; f < filters; f++) {
    let to = packed +
      (<usize> (f / SINGLE_FILTERS * taps * SINGLE_FILTERS + f % SINGLE_FILTERS) << 2);
    for (let tap = 0; tap < taps; tap++, weights += 4, to += 4 * SINGLE_FILTERS) {
      store<f32>(to, load<f32>(weights));
    }
  }
}

/**
 * Convolution and 2 × 2 max-pooling of one image, planar in and out. Tile: eight filters × the four
 * positions of a window; a tap costs two splats of the input, two loads of weights and eight
 * multiply-adds.
 * @param output (filters, height', width') before the activation
 */
export function convPoolSingle(layer: ConvLayer, input: usize, output: usize): void {
  const channels = layer.channels, filters = layer.filters, kernel = layer.kernel;
  const outWidth = layer.outWidth, outHeight = layer.outHeight;
  const row = <usize> layer.width << 2, plane = <usize> layer.height * row;
  let packed = layer.packed, bias = layer.bias;
  const outPlane = <usize> (outWidth * outHeight) << 2;
  const tileBytes = <usize> (channels * kernel * kernel) * 4 * SINGLE_FILTERS;
  for (
    let f = 0;
    f < filters;
    f += SINGLE_FILTERS,
      packed += tileBytes,
      bias += 4 * SINGLE_FILTERS,
      output += SINGLE_FILTERS * outPlane
  ) {
    const low = v128.load(bias), high = v128.load(bias, 16);
    const stores = min(SINGLE_FILTERS, filters - f);
    let to = output;
    for (let py = 0; py < outHeight; py++) {
      let corner = input + 2 * py * row;
      for (let px = 0; px < outWidth; px++, corner += 8, to += 4) {
        let a0 = low, a1 = low, a2 = low, a3 = low;
        let b0 = high, b1 = high, b2 = high, b3 = high;
        let w = packed;
        let channel = corner;
        for (let c = 0; c < channels; c++, channel += plane) {
          let p = channel;
          for (let ky = 0; ky < kernel; ky++, p += row) {
            let q = p;
            let top = v128.load32_splat(q), bottom = v128.load32_splat(q + row);
            for (let kx = 0; kx < kernel; kx++, w += 4 * SINGLE_FILTERS) {
              q += 4;
              const topNext = v128.load32_splat(q), bottomNext = v128.load32_splat(q + row);
              const w0 = v128.load(w), w1 = v128.load(w, 16);
              a0 = madd(top, w0, a0), b0 = madd(top, w1, b0);
              a1 = madd(topNext, w0, a1), b1 = madd(topNext, w1, b1);
              a2 = madd(bottom, w0, a2), b2 = madd(bottom, w1, b2);
              a3 = madd(bottomNext, w0, a3), b3 = madd(bottomNext, w1, b3);
              top = topNext;
              bottom = bottomNext;
            }
          }
        }
        const a = f32x4.relaxed_max(f32x4.relaxed_max(a0, a1), f32x4.relaxed_max(a2, a3));
        const b = f32x4.relaxed_max(f32x4.relaxed_max(b0, b1), f32x4.relaxed_max(b2, b3));
        let q = to;
        store<f32>(q, f32x4.extract_lane(a, 0));
        if (stores > 1) store<f32>(q += outPlane, f32x4.extract_lane(a, 1));
        if (stores > 2) store<f32>(q += outPlane, f32x4.extract_lane(a, 2));
        if (stores > 3) store<f32>(q += outPlane, f32x4.extract_lane(a, 3));
        if (stores > 4) store<f32>(q += outPlane, f32x4.extract_lane(b, 0));
        if (stores > 5) store<f32>(q += outPlane, f32x4.extract_lane(b, 1));
        if (stores > 6) store<f32>(q += outPlane, f32x4.extract_lane(b, 2));
        if (stores > 7) store<f32>(q += outPlane, f32x4.extract_lane(b, 3));
      }
    }
  }
}

/** One row of inputs times the weights of a dense layer: see `gemm`. */
export function gemv(layer: DenseLayer, a: usize, c: usize): void {
  const panels = layer.panels, depth = layer.inputs, bPanel = layer.panelBytes;
  let b = layer.weights;
  for (let panel = 0; panel < panels; panel++, b += bPanel, c += PANEL_ROW) {
    const zero = i32x4.splat(0);
    let $$s0 = zero, $$s1 = zero;
    let p = a, q = b;
    for (const end = p + (<usize> depth << 2); p < end; p += 4, q += PANEL_ROW) {
      const x = v128.load32_splat(p);
      $$s0 = madd(x, v128.load(q), $$s0), $$s1 = madd(x, v128.load(q, 32), $$s1);
    }
    v128.store(c, $$s0);
    v128.store(c, $$s1, 32);
  }
}
