// One image in whole numbers, where there are no others to stand beside it. In a convolution the
// lanes are strips of the image: its rows are cut into as many stretches as there are lanes, each
// with the rows below that its last windows reach into, and `bytesToInt8x4` and `convPoolInt8` take
// them for images. In a dense layer the lanes are units. Sums of whole numbers do not depend on their
// order, so the logits have the same bits as with eight images.
import { INT8_UNITS, LANE_ROW } from "../kernel_constants";
import { dotOne, ONES } from "./int8";
import { roundToBytes } from "./int8_lanes";
import { Int8DenseLayer, Requantization } from "./layers";

/** A dense layer's sums, side by side. @param input packed inputs, side by side */
export function denseInt8Single(layer: Int8DenseLayer, input: usize, output: usize): void {
  const units = layer.units, bytes = <usize> layer.pairs << 3;
  let weights = layer.weights, bias = layer.bias;
  const ones = v128.load32_splat(changetype<usize>(ONES)), zero = i32x4.splat(0);
  for (let unit = 0; unit < units; unit += INT8_UNITS, bias += 32, output += 32) {
    // two units each; of either the products with x, then those with y
    let s0 = zero, s2 = zero, s4 = zero, s6 = zero;
    for (let p = input, end = p + bytes; p < end; p += 8, weights += 64) {
      const inputs = v128.load64_splat(p);
      s0 = dotOne(v128.load(weights), inputs, ones, s0);
      s2 = dotOne(v128.load(weights, 16), inputs, ones, s2);
      s4 = dotOne(v128.load(weights, 32), inputs, ones, s4);
      s6 = dotOne(v128.load(weights, 48), inputs, ones, s6);
    }
    v128.store(output, i32x4.add(v128.load(bias), addNeighbours(s0, s2)));
    v128.store(output, i32x4.add(v128.load(bias, 16), addNeighbours(s4, s6)), 16);
  }
}

/** a₀ + a₁, a₂ + a₃, b₀ + b₁, b₂ + b₃ */
function addNeighbours(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/**
 * `requantize` of one image's dense layer.
 * @param sums (units), side by side, readable to a multiple of 4 like the multipliers
 * @param to bytes, side by side; up to three more are written
 */
export function requantizeUnits(layer: Requantization, sums: usize, to: usize): void {
  const curve = layer.curve;
  let multipliers = layer.multipliers;
  for (const end = to + layer.channels; to < end; to += 4, sums += 16, multipliers += 16) {
    const x = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), v128.load(multipliers));
    const bytes = roundToBytes(x, curve);
    const pairs = i16x8.narrow_i32x4_u(bytes, bytes);
    store<i32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(pairs, pairs), 0));
  }
}

/**
 * An image's bytes from those of its strips. Window n of a channel is window n mod `each` of strip
 * ⌊n / each⌋.
 * @param lanes (channels, each) in lanes of 32 bits
 * @param windows of a channel
 * @param to byte (channel, window) goes to channel·toChannel + window·toWindow
 */
export function stripsToBytes(
  lanes: usize,
  channels: i32,
  each: i32,
  windows: i32,
  to: usize,
  toChannel: usize,
  toWindow: usize,
): void {
  for (let c = 0; c < channels; c++, to += toChannel, lanes += <usize> each * LANE_ROW) {
    let place = to;
    for (let first = 0, strip = lanes; first < windows; first += each, strip += 4) {
      let p = strip;
      for (let n = min(each, windows - first); n > 0; n--, p += LANE_ROW, place += toWindow) {
        store<u8>(place, load<u8>(p));
      }
    }
  }
}
