// Pooling of NHWC tensors, four channels at a time. As in tfjs, the maximum passes over a NaN in its window,
// and what is padded counts neither in a maximum nor in a mean.
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
  outHeight,
  outWidth,
  padLeft,
  padTop,
  partCount,
  strideHeight,
  strideWidth,
} from "./geometry";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/** Descriptor: geometry, then 16 input, 17 output, 18 argmax or 0. Parts are cut from the output's rows. */
export function maxPool(d: usize, part: i32): void {
  const channels = inChannels(d), rows = batchSize(d) * outHeight(d), parts = partCount(d);
  const pixel = <usize> channels << 2, row = <usize> inWidth(d) * pixel;
  const right = <usize> dilationWidth(d) * pixel, down = <usize> dilationHeight(d) * row;
  const first = split(rows, part, parts), last = split(rows, part + 1, parts);
  const skip = <usize> (first * outWidth(d)) * pixel;
  const wantsArgmax = load<usize>(d, 72) != 0;
  let output = load<usize>(d, 68) + skip, argmax = load<usize>(d, 72) + skip;
  for (let y = first; y < last; y++) {
    const n = y / outHeight(d), top = (y - n * outHeight(d)) * strideHeight(d) - padTop(d);
    const image = load<usize>(d, 64) + <usize> (n * inHeight(d)) * row;
    const upper = firstInside(top, dilationHeight(d));
    const taps = endInside(top, dilationHeight(d), filterHeight(d), inHeight(d)) - upper;
    for (let x = 0; x < outWidth(d); x++, output += pixel, argmax += pixel) {
      const side = x * strideWidth(d) - padLeft(d), left = firstInside(side, dilationWidth(d));
      const width = endInside(side, dilationWidth(d), filterWidth(d), inWidth(d)) - left;
      const corner = image + (top + upper * dilationHeight(d)) * row +
        (side + left * dilationWidth(d)) * pixel;
      for (let c = 0; c < channels; c += 4) {
        const at = <usize> c << 2;
        let largest = f32x4.splat(-Infinity);
        if (wantsArgmax) {
          const found = argmaxOf(corner + at, image, taps, width, right, down);
          storeSome(argmax + at, found, channels - c);
        }
        let line = corner + at;
        for (let ky = 0; ky < taps; ky++, line += down) {
          let p = line;
          for (let kx = 0; kx < width; kx++, p += right) {
            largest = f32x4.pmax(largest, v128.load(p));
          }
        }
        storeSome(output + at, largest, channels - c);
      }
    }
  }
}

/** Where the largest of a window stand, in floats from the image's start; −1 where there is none. */
// @inline
function argmaxOf(
  corner: usize,
  image: usize,
  taps: i32,
  width: i32,
  right: usize,
  down: usize,
): v128 {
  const iota = i32x4(0, 1, 2, 3);
  let largest = f32x4.splat(-Infinity), found = i32x4.splat(-1);
  for (let ky = 0; ky < taps; ky++, corner += down) {
    let p = corner;
    for (let kx = 0; kx < width; kx++, p += right) {
      const x = v128.load(p), at = i32x4.add(i32x4.splat(<i32> ((p - image) >> 2)), iota);
      found = v128.bitselect(at, found, f32x4.gt(x, largest));
      largest = f32x4.pmax(largest, x);
    }
  }
  return found;
}

/**
 * Adds each window's gradient where its largest stood. Descriptor: geometry, then 16 gradient of the output,
 * 17 input, 18 gradient of the input. Parts are cut from the images.
 */
export function maxPoolGradient(d: usize, part: i32): void {
  const channels = inChannels(d), parts = partCount(d), images = batchSize(d);
  const pixel = <usize> channels << 2,
    row = <usize> inWidth(d) * pixel,
    imageBytes = <usize> inHeight(d) * row;
  const right = <usize> dilationWidth(d) * pixel, down = <usize> dilationHeight(d) * row;
  const first = split(images, part, parts), last = split(images, part + 1, parts);
  let g = load<usize>(d, 64) + <usize> (first * outHeight(d) * outWidth(d)) * pixel;
  for (let n = first; n < last; n++) {
    const image = load<usize>(d, 68) + n * imageBytes, to = load<usize>(d, 72) + n * imageBytes;
    memory.fill(to, 0, imageBytes);
    for (let y = 0; y < outHeight(d); y++) {
      const top = y * strideHeight(d) - padTop(d), upper = firstInside(top, dilationHeight(d));
      const taps = endInside(top, dilationHeight(d), filterHeight(d), inHeight(d)) - upper;
      const line = image + (top + upper * dilationHeight(d)) * row;
      for (let x = 0; x < outWidth(d); x++, g += pixel) {
        const side = x * strideWidth(d) - padLeft(d), left = firstInside(side, dilationWidth(d));
        const width = endInside(side, dilationWidth(d), filterWidth(d), inWidth(d)) - left;
        const corner = line + (side + left * dilationWidth(d)) * pixel;
        for (let c = 0; c < channels; c += 4) {
          const at = <usize> c << 2;
          const found = argmaxOf(corner + at, image, taps, width, right, down);
          addTo(to, i32x4.extract_lane(found, 0), g + at);
          if (c + 1 < channels) addTo(to, i32x4.extract_lane(found, 1), g + at + 4);
          if (c + 2 < channels) addTo(to, i32x4.extract_lane(found, 2), g + at + 8);
          if (c + 3 < channels) addTo(to, i32x4.extract_lane(found, 3), g + at + 12);
        }
      }
    }
  }
}

// @inline
function addTo(image: usize, index: i32, g: usize): void {
  if (index < 0) return;
  const at = image + (<usize> index << 2);
  store<f32>(at, load<f32>(at) + load<f32>(g));
}

/** The mean of each window. Descriptor: geometry, then 16 input, 17 output. Parts are cut from its rows. */
export function averagePool(d: usize, part: i32): void {
  const channels = inChannels(d), rows = batchSize(d) * outHeight(d), parts = partCount(d);
  const pixel = <usize> channels << 2, row = <usize> inWidth(d) * pixel;
  const right = <usize> dilationWidth(d) * pixel, down = <usize> dilationHeight(d) * row;
  const first = split(rows, part, parts), last = split(rows, part + 1, parts);
  let output = load<usize>(d, 68) + <usize> (first * outWidth(d)) * pixel;
  for (let y = first; y < last; y++) {
    const n = y / outHeight(d), top = (y - n * outHeight(d)) * strideHeight(d) - padTop(d);
    const upper = firstInside(top, dilationHeight(d));
    const taps = max(0, endInside(top, dilationHeight(d), filterHeight(d), inHeight(d)) - upper);
    const start = load<usize>(d, 64) + (n * inHeight(d) + top + upper * dilationHeight(d)) * row;
    for (let x = 0; x < outWidth(d); x++, output += pixel) {
      const side = x * strideWidth(d) - padLeft(d), left = firstInside(side, dilationWidth(d));
      const width = max(0, endInside(side, dilationWidth(d), filterWidth(d), inWidth(d)) - left);
      const corner = start + (side + left * dilationWidth(d)) * pixel;
      const count = f32x4.splat(<f32> (taps * width));
      for (let c = 0; c < channels; c += 4) {
        const at = <usize> c << 2;
        let sum = f32x4.splat(0);
        let line = corner + at;
        for (let ky = 0; ky < taps; ky++, line += down) {
          let p = line;
          for (let kx = 0; kx < width; kx++, p += right) sum = f32x4.add(sum, v128.load(p));
        }
        storeSome(output + at, f32x4.div(sum, count), channels - c);
      }
    }
  }
}

/**
 * Adds each window's gradient, divided by the size of the filter as tfjs has it, to all that is inside.
 * Descriptor: geometry, then 16 gradient of the output, 17 gradient of the input. Parts are cut from images.
 */
export function averagePoolGradient(d: usize, part: i32): void {
  const channels = inChannels(d), parts = partCount(d), images = batchSize(d);
  const pixel = <usize> channels << 2,
    row = <usize> inWidth(d) * pixel,
    imageBytes = <usize> inHeight(d) * row;
  const right = <usize> dilationWidth(d) * pixel, down = <usize> dilationHeight(d) * row;
  const first = split(images, part, parts), last = split(images, part + 1, parts);
  const share = f32x4.splat(1 / <f32> (filterHeight(d) * filterWidth(d)));
  let g = load<usize>(d, 64) + <usize> (first * outHeight(d) * outWidth(d)) * pixel;
  for (let n = first; n < last; n++) {
    const image = load<usize>(d, 68) + n * imageBytes;
    memory.fill(image, 0, imageBytes);
    for (let y = 0; y < outHeight(d); y++) {
      const top = y * strideHeight(d) - padTop(d), upper = firstInside(top, dilationHeight(d));
      const taps = endInside(top, dilationHeight(d), filterHeight(d), inHeight(d)) - upper;
      for (let x = 0; x < outWidth(d); x++, g += pixel) {
        const side = x * strideWidth(d) - padLeft(d), left = firstInside(side, dilationWidth(d));
        const width = endInside(side, dilationWidth(d), filterWidth(d), inWidth(d)) - left;
        let line = image + (top + upper * dilationHeight(d)) * row +
          (side + left * dilationWidth(d)) * pixel;
        for (let ky = 0; ky < taps; ky++, line += down) {
          let to = line;
          for (let kx = 0; kx < width; kx++, to += right) {
            for (let c = 0; c < channels; c += 4) {
              const at = <usize> c << 2, count = channels - c;
              const gradient = f32x4.mul(loadSome(g + at, count), share);
              storeSome(to + at, f32x4.add(loadSome(to + at, count), gradient), count);
            }
          }
        }
      }
    }
  }
}
