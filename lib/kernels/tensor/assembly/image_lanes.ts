// Eight NHWC images side by side, as the convolutions of ../../assembly read them, and back.
import { rowsToLanes } from "../../assembly/lanes";
import { storeSome } from "./lanes_of_vector";

/** Bytes of one number of eight images. */
export const LANES: usize = 32;

/**
 * Eight images, `stride` bytes apart, into lanes (channels rounded up to a multiple of 4, positions); of one
 * channel, (positions rounded up).
 */
export function imagesToLanes(
  images: usize,
  stride: usize,
  channels: i32,
  positions: i32,
  lanes: usize,
): void {
  if (channels == 1) {
    rowsToLanes(images, stride, positions, lanes);
    return;
  }
  const plane = <usize> positions * LANES, pixel = <usize> channels << 2;
  for (let half: usize = 0; half < 2; half++) {
    const row = images + 4 * half * stride;
    for (let c = 0; c < channels; c += 4) {
      let p = row + (<usize> c << 2), to = lanes + 16 * half + <usize> c * plane;
      for (const end = to + plane; to < end; to += LANES, p += pixel) {
        const x = v128.load(p), y = v128.load(p + stride);
        const z = v128.load(p + 2 * stride), w = v128.load(p + 3 * stride);
        const e = v128.shuffle<f32>(x, y, 0, 4, 1, 5), f = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
        const g = v128.shuffle<f32>(z, w, 0, 4, 1, 5), h = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f64>(e, g, 0, 2));
        v128.store(to + plane, v128.shuffle<f64>(e, g, 1, 3));
        v128.store(to + 2 * plane, v128.shuffle<f64>(f, h, 0, 2));
        v128.store(to + 3 * plane, v128.shuffle<f64>(f, h, 1, 3));
      }
    }
  }
}

/** Lanes (channels, positions), readable for three planes more, into eight images `stride` bytes apart. */
export function lanesToImages(
  lanes: usize,
  channels: i32,
  positions: i32,
  images: usize,
  stride: usize,
): void {
  const plane = <usize> positions * LANES, pixel = <usize> channels << 2;
  for (let half: usize = 0; half < 2; half++) {
    const row = images + 4 * half * stride;
    for (let position = 0; position < positions; position++) {
      let p = lanes + 16 * half + <usize> position * LANES, to = row + <usize> position * pixel;
      // four channels at once: what is too much at a position's end, the next ones overwrite, if there are any
      const end = min(channels, (positions - position) * channels - 3);
      let c = 0;
      for (; c < end; c += 4, p += 4 * plane, to += 16) fourChannels(p, plane, to, stride, 4);
      if (c < channels) fourChannels(p, plane, to, stride, channels - c);
    }
  }
}

/** Four images' numbers of four channels; the first `count` of them are stored. */
// @inline
function fourChannels(p: usize, plane: usize, to: usize, stride: usize, count: i32): void {
  const x = v128.load(p), y = v128.load(p + plane);
  const z = v128.load(p + 2 * plane), w = v128.load(p + 3 * plane);
  const e = v128.shuffle<f32>(x, y, 0, 4, 1, 5), f = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
  const g = v128.shuffle<f32>(z, w, 0, 4, 1, 5), h = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
  storeSome(to, v128.shuffle<f64>(e, g, 0, 2), count);
  storeSome(to + stride, v128.shuffle<f64>(e, g, 1, 3), count);
  storeSome(to + 2 * stride, v128.shuffle<f64>(f, h, 0, 2), count);
  storeSome(to + 3 * stride, v128.shuffle<f64>(f, h, 1, 3), count);
}
