// Backward through activation, 2 × 2 max-pooling and convolution, image by image, by the kernels of
// ../../assembly. Images are cut into shards, each with sums of its own.
import { addInputGradient, padWeights } from "../../assembly/conv_input_gradient";
import {
  addLongWeightGradients,
  addShortWeightGradients,
  unpackWeightGradients,
} from "../../assembly/conv_weight_gradient";
import { ConvLayer } from "../../assembly/layers";
import { describeConv, describeFilters } from "./describe_conv";
import { windowsOf } from "./conv_pool_forward";
import { derivative4, TANH } from "./fused_activation";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/**
 * Descriptor: shape, then 6 input, 7 gradient of the output, 8 output, 9 argmax, 10 activation, 11 shards,
 * 12 sums, 13 bytes of a shard's, 14 where its biases start, 15 chunks of a run, 16 whether runs are long,
 * 17 gradient of the input or 0, 18 paddedWeights from `padFilter`, 19 chunks of their rows, 20 buffers, 21 bytes
 * of a part's; in it start 22 pointers, 23 the gradient of an image, of 24 bytes with what is written beyond, and
 * 30 the layer; 25 rows and 26 columns of a tile of sums.
 */
export function convPoolBackward(d: usize, shard: i32): void {
  const images = load<i32>(d),
    shards = load<i32>(d, 44),
    width = load<i32>(d, 8),
    channels = load<i32>(d, 12);
  const filters = load<i32>(d, 16), windows = windowsOf(d);
  const count = windows * filters, outBytes = <usize> count << 2;
  const pixel = <usize> channels << 2,
    row = <usize> width * pixel,
    inBytes = <usize> load<i32>(d, 4) * row;
  const sums = load<usize>(d, 48) + <usize> shard * load<usize>(d, 52),
    biases = sums + load<usize>(d, 56);
  const isLong = load<i32>(d, 64) != 0, inputGradient = load<usize>(d, 68);
  const g = load<usize>(d, 80) + <usize> shard * load<usize>(d, 84);
  const image = g + load<usize>(d, 92), layer = describeConv(d, g + load<usize>(d, 120));
  describeTiles(layer, d, sums);
  layer.paddedChunks = load<i32>(d, 76);
  layer.paddedWeights = load<usize>(d, 72);
  layer.pointers = g + load<usize>(d, 88);
  memory.fill(sums, 0, load<usize>(d, 52));
  for (let n = split(images, shard, shards), end = split(images, shard + 1, shards); n < end; n++) {
    const input = load<usize>(d, 24) + n * inBytes, argmax = load<usize>(d, 36) + n * outBytes;
    const output = load<usize>(d, 32) + n * outBytes;
    beforeActivation(load<i32>(d, 40), load<usize>(d, 28) + n * outBytes, output, count, g);
    if (isLong) addLongWeightGradients(layer, input, g, argmax, biases);
    else addShortWeightGradients(layer, input, g, argmax, biases);
    if (inputGradient == 0) continue;
    memory.fill(image, 0, load<usize>(d, 96));
    addInputGradient(layer, image, g, argmax);
    memory.copy(inputGradient + n * inBytes, image, inBytes);
  }
}

/** Adds to a descriptor how the sums of the weight gradients stand. */
function describeTiles(layer: ConvLayer, d: usize, sums: usize): void {
  const rows = load<i32>(d, 100);
  layer.tileRows = rows;
  layer.tileColumns = load<i32>(d, 104);
  layer.tileBands = (layer.kernel + rows - 1) / rows;
  layer.tileChunks = load<i32>(d, 60);
  layer.sums = sums;
}

/** gradient·f′ by the result of f. */
function beforeActivation(kind: i32, gradient: usize, output: usize, count: i32, to: usize): void {
  if (kind == TANH) {
    const one = f32x4.splat(1);
    for (; count >= 8; count -= 8, gradient += 32, output += 32, to += 32) {
      const y = v128.load(output), z = v128.load(output, 16);
      const slope = f32x4.relaxed_nmadd(y, y, one), next = f32x4.relaxed_nmadd(z, z, one);
      // of a pair the second vector first, see ../../assembly/conv.ts
      v128.store(to, f32x4.mul(v128.load(gradient, 16), next), 16);
      v128.store(to, f32x4.mul(v128.load(gradient), slope));
    }
  }
  for (; count >= 4; count -= 4, gradient += 16, output += 16, to += 16) {
    v128.store(to, f32x4.mul(v128.load(gradient), derivative4(kind, v128.load(output))));
  }
  for (; count > 0; count -= 4, gradient += 16, output += 16, to += 16) {
    storeSome(
      to,
      f32x4.mul(loadSome(gradient, count), derivative4(kind, loadSome(output, count))),
      count,
    );
  }
}

/** (kernel², channels, filters) into (filters, channels, kernel²), or back. */
export function permuteFilter(
  from: usize,
  taps: i32,
  channels: i32,
  filters: i32,
  to: usize,
  back: bool,
): void {
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++) {
        const last = <usize> ((tap * channels + c) * filters + f) << 2;
        const first = <usize> ((f * channels + c) * taps + tap) << 2;
        if (back) store<f32>(to + last, load<f32>(from + first));
        else store<f32>(to + first, load<f32>(from + last));
      }
    }
  }
}

/**
 * The padded weights that `addInputGradient` reads, `bytes` in all, from (filters, channels, kernel, kernel).
 * @param room for a ConvLayer
 */
export function padFilter(
  weights: usize,
  filters: i32,
  channels: i32,
  kernel: i32,
  chunks: i32,
  paddedWeights: usize,
  bytes: usize,
  room: usize,
): void {
  memory.fill(paddedWeights, 0, bytes);
  const layer = describeFilters(room, filters, channels, kernel);
  layer.weights = weights;
  layer.paddedWeights = paddedWeights;
  layer.paddedChunks = chunks;
  padWeights(layer);
}

/**
 * Adds up the shards' sums, in their order. Descriptor: as of `convPoolBackward`, and 27 room for a filter, 28 filter's and 29 biases' gradients.
 */
export function foldConvPool(d: usize, _part: i32): void {
  const channels = load<i32>(d, 12), filters = load<i32>(d, 16), kernel = load<i32>(d, 20);
  const shards = load<i32>(d, 44), room = load<usize>(d, 108), biases = load<usize>(d, 116);
  const layer = describeFilters(
    load<usize>(d, 80) + load<usize>(d, 120),
    filters,
    channels,
    kernel,
  );
  memory.fill(room, 0, <usize> (filters * channels * kernel * kernel) << 2);
  memory.fill(biases, 0, <usize> filters << 2);
  for (let shard = 0; shard < shards; shard++) {
    const sums = load<usize>(d, 48) + <usize> shard * load<usize>(d, 52);
    describeTiles(layer, d, sums);
    unpackWeightGradients(layer, room);
    const from = sums + load<usize>(d, 56);
    for (let at: usize = 0; at < <usize> filters << 2; at += 4) {
      store<f32>(biases + at, load<f32>(biases + at) + load<f32>(from + at));
    }
  }
  permuteFilter(room, kernel * kernel, channels, filters, load<usize>(d, 112), true);
}
