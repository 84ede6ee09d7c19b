// Convolution, 2 × 2 max-pooling and activation in one, by the kernels of ../../assembly: eight images at a
// time become lanes, go through, and become NHWC again. A descriptor's first words are the shape:
// 0 images, 1 height, 2 width, 3 channels, 4 filters, 5 kernel.
import { convPool } from "../../assembly/conv";
import { madd, tanhConstant } from "../../assembly/math";
import { ConvLayer } from "../../assembly/layers";
import { convPoolWinograd, transformFilters } from "../../assembly/winograd";
import { convPoolWinogradColumns, transformFilterColumns } from "../../assembly/winograd_columns";
import { MODERATE } from "../../kernel_constants";
import { describeConv, describeFilters } from "./describe_conv";
import { activate4, LINEAR, TANH } from "./fused_activation";
import { imagesToLanes, lanesToImages } from "./image_lanes";
import { split } from "./parts";

/** How the sums are computed: by themselves, or by Winograd's method in both directions or down the columns. */
const DIRECT = 0, BOTH = 1;

/**
 * Descriptor: 6 input, 7 weights as the method wants them, 8 bias, 9 output, 10 argmax or 0, 11 activation,
 * 12 parts, 13 method, 14 buffers, 15 bytes of a thread's; in it start 16 images, 17 lanes, 18 sums, 19 argmax,
 * 20 columns, 21 patches, 22 products, 23 the layer. Word 24 becomes 1 if a number of the input is not moderate.
 */
export function convPoolForward(d: usize, part: i32, thread: i32): void {
  const images = load<i32>(d), parts = load<i32>(d, 48), groups = (images + 7) >> 3;
  const positions = load<i32>(d, 4) * load<i32>(d, 8),
    channels = load<i32>(d, 12),
    filters = load<i32>(d, 16);
  const kernel = load<i32>(d, 20), windows = windowsOf(d);
  const inBytes = <usize> (positions * channels) << 2, outBytes = <usize> (windows * filters) << 2;
  const buffer = load<usize>(d, 56) + <usize> thread * load<usize>(d, 60);
  const spare = buffer + load<usize>(d, 64), lanes = buffer + load<usize>(d, 68);
  const sums = buffer + load<usize>(d, 72), argmaxLanes = buffer + load<usize>(d, 76);
  const wantsArgmax = load<usize>(d, 40) != 0, layer = layerOf(d, buffer);
  for (
    let group = split(groups, part, parts), end = split(groups, part + 1, parts);
    group < end;
    group++
  ) {
    const count = <usize> min(8, images - 8 * group), skip = <usize> (8 * group);
    let input = load<usize>(d, 24) + skip * inBytes;
    if (count < 8) {
      memory.copy(spare, input, count * inBytes);
      memory.fill(spare + count * inBytes, 0, (8 - count) * inBytes);
      input = spare;
    }
    imagesToLanes(input, inBytes, channels, positions, lanes);
    if (!areModerate(lanes, positions * channels)) store<i32>(d, 1, 96);
    sumAndPool(layer, load<i32>(d, 52), lanes, sums, wantsArgmax ? argmaxLanes : 0);
    activateLanes(load<i32>(d, 44), sums, 8 * windows * filters);
    toImages(sums, filters, windows, load<usize>(d, 36) + skip * outBytes, outBytes, count, spare);
    if (!wantsArgmax) continue;
    toImages(
      argmaxLanes,
      filters,
      windows,
      load<usize>(d, 40) + skip * outBytes,
      outBytes,
      count,
      spare,
    );
  }
}

/** Whether `count` numbers of eight images are no NaN, not infinite, and at most `MODERATE` in size. */
function areModerate(x: usize, count: i32): bool {
  const most = f32x4.splat(<f32> MODERATE), end = x + <usize> count * 32;
  let are = i32x4.splat(-1);
  for (; x < end; x += 32) {
    const a = f32x4.le(f32x4.abs(v128.load(x)), most);
    are = v128.and(are, v128.and(a, f32x4.le(f32x4.abs(v128.load(x, 16)), most)));
  }
  return v128.all_true<i32>(are);
}

/** Windows of an image. */
// @inline
export function windowsOf(d: usize): i32 {
  const kernel = load<i32>(d, 20);
  return ((load<i32>(d, 4) - kernel + 1) >> 1) * ((load<i32>(d, 8) - kernel + 1) >> 1);
}

/** The descriptor of a job's layer, in a thread's own buffer. */
function layerOf(d: usize, buffer: usize): ConvLayer {
  const layer = describeConv(d, buffer + load<usize>(d, 92));
  layer.weights = load<usize>(d, 28);
  layer.transformed = layer.weights;
  layer.bias = load<usize>(d, 32);
  layer.columns = buffer + load<usize>(d, 80);
  layer.patches = buffer + load<usize>(d, 84);
  layer.products = buffer + load<usize>(d, 88);
  return layer;
}

function sumAndPool(layer: ConvLayer, method: i32, lanes: usize, sums: usize, argmax: usize): void {
  if (method == DIRECT) convPool(layer, lanes, sums, argmax);
  else if (method == BOTH) convPoolWinograd(layer, lanes, sums, argmax);
  else convPoolWinogradColumns(layer, lanes, sums, argmax);
}

/**
 * Filters as one of Winograd's methods wants them, from (filters, channels, kernel, kernel).
 * @param room for a ConvLayer
 */
export function transformFilter(
  method: i32,
  weights: usize,
  filters: i32,
  channels: i32,
  to: usize,
  room: usize,
): void {
  const layer = describeFilters(room, filters, channels, 5);
  layer.weights = weights;
  layer.transformed = to;
  if (method == BOTH) transformFilters(layer);
  else transformFilterColumns(layer);
}

/** Lanes into `count` images of eight. */
function toImages(
  lanes: usize,
  filters: i32,
  windows: i32,
  to: usize,
  bytes: usize,
  count: usize,
  spare: usize,
): void {
  lanesToImages(lanes, filters, windows, count < 8 ? spare : to, bytes);
  if (count < 8) memory.copy(to, spare, count * bytes);
}

/**
 * x = f(x) for `count` numbers, a multiple of 8. tanh as in ../../assembly/activation.ts, but NaN stays NaN:
 * pmax and pmin keep their first operand if the other is not beyond it.
 */
function activateLanes(kind: i32, x: usize, count: i32): void {
  const end = x + (<usize> count << 2);
  if (kind == LINEAR) return;
  if (kind != TANH) {
    for (const none = f32x4.splat(0); x < end; x += 16) {
      v128.store(x, activate4(kind, none, v128.load(x)));
    }
    return;
  }
  const p0 = tanhConstant(0), p1 = tanhConstant(1), p2 = tanhConstant(2), p3 = tanhConstant(3);
  const q0 = tanhConstant(5), q1 = tanhConstant(6), q2 = tanhConstant(7), q3 = tanhConstant(8);
  const one = tanhConstant(4), high = tanhConstant(10), low = tanhConstant(11);
  for (; x < end; x += 32) {
    const a = f32x4.pmin(f32x4.pmax(v128.load(x), low), high);
    const b = f32x4.pmin(f32x4.pmax(v128.load(x, 16), low), high);
    const u = f32x4.mul(a, a), v = f32x4.mul(b, b);
    let p = madd(p0, u, p1), r = madd(p0, v, p1);
    let q = madd(q0, u, q1), s = madd(q0, v, q1);
    p = madd(p, u, p2), r = madd(r, v, p2);
    q = madd(q, u, q2), s = madd(s, v, q2);
    p = madd(p, u, p3), r = madd(r, v, p3);
    q = madd(q, u, q3), s = madd(s, v, q3);
    p = madd(p, u, one), r = madd(r, v, one);
    q = madd(q, u, one), s = madd(s, v, one);
    v128.store(x, f32x4.div(f32x4.mul(b, r), s), 16);
    v128.store(x, f32x4.div(f32x4.mul(a, p), q));
  }
}
