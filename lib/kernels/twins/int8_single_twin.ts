/**
 * Readable twins of assembly/int8_single.ts: one image in whole numbers. Where eight images stand in lanes, here
 * numbers stand side by side.
 */
import { LANE_IMAGES } from "../kernel_constants.ts";
import { requantizeSum } from "./int8_lanes_twin.ts";
import { denseInt8, type Int8DenseInput } from "./int8_twin.ts";

/** A dense layer's sums: (units). @param of its `input` are 2·pairs packed inputs of four bytes, side by side */
export function denseInt8Single(of: Int8DenseInput): Int32Array {
  const { input, units, pairs } = of;
  // the same image in all lanes
  const lanes = new Uint8Array(8 * pairs * LANE_IMAGES);
  for (let q = 0; q < 2 * pairs; q++) {
    for (let n = 0; n < LANE_IMAGES; n++) {
      for (let k = 0; k < 4; k++) lanes[4 * (q * LANE_IMAGES + n) + k] = input[4 * q + k]!;
    }
  }
  const sums = denseInt8({ ...of, input: lanes });
  return Int32Array.from({ length: units }, (_, unit) => sums[LANE_IMAGES * unit]!);
}

/** Activations of sums as bytes from 1 to 255, with zero at 128. */
export function requantizeUnits(
  sums: Int32Array,
  multipliers: Float32Array,
  curve: Float32Array,
): Uint8Array {
  return Uint8Array.from(sums, (sum, i) => requantizeSum(sum, multipliers[i]!, curve) + 128);
}

/** Where an image's bytes stand in the lanes of its strips, and where they go. */
export interface StripsInput {
  /** (channels, each) lanes of bytes */
  readonly lanes: Int32Array;
  readonly channels: number;
  /** Windows of a strip, and of the whole image; of the last strip some may be left over. */
  readonly each: number;
  readonly windows: number;
  readonly toChannel: number;
  readonly toWindow: number;
}

/** An image's bytes from those of its strips: (channels · windows). */
export function stripsToBytes(of: StripsInput): Uint8Array {
  const { lanes, channels, each, windows, toChannel, toWindow } = of;
  const bytes = new Uint8Array(channels * windows);
  for (let channel = 0; channel < channels; channel++) {
    for (let window = 0; window < windows; window++) {
      const strip = Math.floor(window / each), lane = channel * each + window % each;
      bytes[toChannel * channel + toWindow * window] = lanes[LANE_IMAGES * lane + strip]!;
    }
  }
  return bytes;
}
