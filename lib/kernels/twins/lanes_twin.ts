/**
 * Readable twins of assembly/lanes.ts and of `zero` in assembly/math.ts: what the kernels of these
 * names compute, in plain TypeScript. In lanes, number i of image n stands at 8·i + n. NaN stands
 * for places whose contents mean nothing.
 */
import { LANE_IMAGES } from "../kernel_constants.ts";

/**
 * Eight images into lanes: lanes[8·i + n] = rows[stride·n + i].
 * @param rows eight images of `length` numbers, `stride` numbers apart
 * @returns (length) lanes
 */
export function rowsToLanes(
  rows: ArrayLike<number>,
  stride: number,
  length: number,
): Float64Array {
  const lanes = new Float64Array(LANE_IMAGES * length);
  for (let n = 0; n < LANE_IMAGES; n++) {
    for (let i = 0; i < length; i++) lanes[LANE_IMAGES * i + n] = rows[stride * n + i]!;
  }
  return lanes;
}

/**
 * Lanes into eight images: rows[stride·n + i] = lanes[8·i + n].
 * @param lanes (length) lanes
 * @returns eight images of `length` numbers, `stride` numbers apart
 */
export function lanesToRows(
  lanes: ArrayLike<number>,
  length: number,
  stride: number,
): Float64Array {
  const rows = new Float64Array(LANE_IMAGES * stride).fill(NaN);
  for (let n = 0; n < LANE_IMAGES; n++) {
    for (let i = 0; i < length; i++) rows[stride * n + i] = lanes[LANE_IMAGES * i + n]!;
  }
  return rows;
}

/**
 * Lanes into eight channel-last images: rows[stride·n + channels·p + c] = lanes[8·(positions·c + p)
 * + n].
 * @param lanes (channels, positions) lanes
 * @returns eight images (positions, channels), `stride` numbers apart
 */
export function lanesToChannelLast(
  lanes: ArrayLike<number>,
  channels: number,
  positions: number,
  stride: number,
): Float64Array {
  const rows = new Float64Array(LANE_IMAGES * stride).fill(NaN);
  for (let n = 0; n < LANE_IMAGES; n++) {
    for (let p = 0; p < positions; p++) {
      for (let c = 0; c < channels; c++) {
        rows[stride * n + channels * p + c] = lanes[LANE_IMAGES * (positions * c + p) + n]!;
      }
    }
  }
  return rows;
}

/** Bytes to numbers of mean 0 and standard deviation 1: byte · scale + shift. */
export function normalise(bytes: Uint8Array, scale: number, shift: number): Float64Array {
  return Float64Array.from(bytes, (byte) => byte * scale + shift);
}

/** So many bytes of zeros. */
export function zero(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}
