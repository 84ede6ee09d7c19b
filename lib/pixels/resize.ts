import type { Decoded } from "./decoded_image.ts";

/**
 * Grey level of the pixel that starts at `at`, by OpenCV's COLOR_BGR2GRAY: the Rec. 601 weights
 * 0.299, 0.587, 0.114 in 15-bit fixed point, rounded.
 */
function luma(data: Uint8Array, at: number): number {
  return (9798 * data[at]! + 19235 * data[at + 1]! + 3735 * data[at + 2]! + 16384) >> 15;
}

/** The grey version of an image, (height, width), by the luma of OpenCV. */
export function toGrey({ width, height, channels, data }: Decoded): Uint8Array {
  const grey = new Uint8Array(width * height);
  if (channels >= 3) { for (let i = 0; i < grey.length; i++) grey[i] = luma(data, i * channels); }
  else for (let i = 0; i < grey.length; i++) grey[i] = data[i * channels]!;
  return grey;
}

/** `linearTaps` of the sizes met so far: images of a data set share many. */
const knownTaps = new Map<number, ReturnType<typeof linearTaps>>();

function tapsFor(from: number, to: number): ReturnType<typeof linearTaps> {
  const key = from * 4097 + to; // `to` is at most 4096
  let taps = knownTaps.get(key);
  if (taps === undefined) {
    if (knownTaps.size > 1000) knownTaps.clear();
    knownTaps.set(key, taps = linearTaps(from, to));
  }
  return taps;
}

/** For each output position its left neighbour, its right one, and their weights in 1/2048. */
function linearTaps(from: number, to: number) {
  const left = new Int32Array(to), right = new Int32Array(to);
  const leftWeight = new Int32Array(to), rightWeight = new Int32Array(to);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * from / to - 0.5; // pixel centres lie at halves
    const below = Math.floor(centre);
    left[i] = Math.max(below, 0);
    right[i] = Math.min(below + 1, from - 1);
    rightWeight[i] = Math.round((centre - below) * 2048);
    leftWeight[i] = 2048 - rightWeight[i]!;
  }
  return { left, right, leftWeight, rightWeight };
}

/**
 * What OpenCV's `cvtColor(COLOR_BGR2GRAY)` and `resize(INTER_LINEAR)` give: two neighbours a
 * direction however much the image shrinks, in its 8-bit fixed point. Luma is computed only at the
 * four pixels that an output pixel needs.
 *
 * @returns (height, width), 0–255
 */
export function resizeOpenCV(image: Decoded, width: number, height: number): Uint8Array {
  const { channels, data } = image;
  const stride = image.width * channels;
  const x = tapsFor(image.width, width), y = tapsFor(image.height, height);
  const out = new Uint8Array(width * height);
  for (let j = 0, at = 0; j < height; j++) {
    const above = y.left[j]! * stride, below = y.right[j]! * stride;
    const aboveWeight = y.leftWeight[j]!, belowWeight = y.rightWeight[j]!;
    if (channels < 3) { // grey, perhaps with alpha
      for (let i = 0; i < width; i++) {
        const left = x.left[i]! * channels, right = x.right[i]! * channels;
        const leftWeight = x.leftWeight[i]!, rightWeight = x.rightWeight[i]!;
        const top = data[above + left]! * leftWeight + data[above + right]! * rightWeight;
        const bottom = data[below + left]! * leftWeight + data[below + right]! * rightWeight;
        out[at++] = mix(top, bottom, aboveWeight, belowWeight);
      }
      continue;
    }
    for (let i = 0; i < width; i++) {
      const left = x.left[i]! * channels, right = x.right[i]! * channels;
      const leftWeight = x.leftWeight[i]!, rightWeight = x.rightWeight[i]!;
      const top = luma(data, above + left) * leftWeight + luma(data, above + right) * rightWeight;
      const bottom = luma(data, below + left) * leftWeight +
        luma(data, below + right) * rightWeight;
      out[at++] = mix(top, bottom, aboveWeight, belowWeight);
    }
  }
  return out;
}

/** Two rows' sums in 1/2048 to one level; OpenCV drops bits on the way so that products fit 32 bits. */
function mix(top: number, bottom: number, aboveWeight: number, belowWeight: number): number {
  return ((aboveWeight * (top >> 4) >> 16) + (belowWeight * (bottom >> 4) >> 16) + 2) >> 2;
}

/** For each output position its first input position and the weights from there on, summing to 1. */
function triangleTaps(from: number, to: number): { first: number; weights: Float64Array }[] {
  const scale = from / to;
  const reach = Math.max(scale, 1); // half the triangle's base, in input pixels
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const end = Math.min(Math.floor(centre + reach + 0.5), from);
    const weights = Float64Array.from(
      { length: end - first },
      (_, k) => Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Antialiased bilinear resizing of the luma: a triangle filter as wide as the shrinking asks for,
 * so that every input pixel counts. It is what Pillow calls BILINEAR and torchvision
 * `antialias=True`. Enlarging, it is ordinary bilinear interpolation.
 *
 * @returns (height, width), 0–255
 */
export function resizeAntialiased(image: Decoded, width: number, height: number): Uint8Array {
  const grey = toGrey(image);
  const columns = triangleTaps(image.width, width), rows = triangleTaps(image.height, height);
  const narrow = new Uint8Array(image.height * width); // rounded between the passes, as in Pillow
  for (let j = 0; j < image.height; j++) {
    for (let i = 0; i < width; i++) {
      const { first, weights } = columns[i]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * grey[j * image.width + first + k]!;
      }
      narrow[j * width + i] = Math.round(sum);
    }
  }
  const out = new Uint8Array(width * height);
  for (let j = 0; j < height; j++) {
    const { first, weights } = rows[j]!;
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * narrow[(first + k) * width + i]!;
      }
      out[j * width + i] = Math.round(sum);
    }
  }
  return out;
}
