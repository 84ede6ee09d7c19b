/**
 * Readable twins of assembly/conv.ts and assembly/single.ts: convolution (stride 1, no padding, the
 * kernel not flipped) and 2 × 2 max-pooling. Sums are in float64; the kernels' are in float32.
 */
import { LANE_IMAGES, SINGLE_FILTERS } from "../kernel_constants.ts";

/** Sizes of a convolution. */
export interface ConvSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: number;
}

/** What a convolution of eight images reads. */
export interface ConvInput extends ConvSize {
  /** (channels, height, width) lanes */
  readonly input: ArrayLike<number>;
  /** (filters, channels, kernel, kernel) */
  readonly weights: ArrayLike<number>;
  /** (filters) */
  readonly bias: ArrayLike<number>;
}

/** Distances in bytes in the image that `argmax` points into. */
export interface PixelSteps {
  /** From a pixel to the next of its row. */
  readonly right: number;
  /** From a pixel to the one below. */
  readonly down: number;
}

/** What max-pooling finds. */
export interface Pooled {
  /** (filters, outHeight, outWidth) lanes: the largest sum of each window */
  readonly output: Float64Array;
  /** Likewise where the patch of the largest sum starts, in bytes; of equal sums the first counts. */
  readonly argmax: Int32Array;
}

/** Height and width after convolution and pooling, which drops an odd last row or column. */
export function pooledSize(
  { height, width, kernel }: Omit<ConvSize, "channels" | "filters">,
): { readonly outHeight: number; readonly outWidth: number } {
  return {
    outHeight: Math.floor((height - kernel + 1) / 2),
    outWidth: Math.floor((width - kernel + 1) / 2),
  };
}

/**
 * The sums before pooling:
 * sums[f, y, x] = bias[f] + Σ_{c, i, j} weights[f, c, i, j] · input[c, y + i, x + j] in each image.
 * @returns (filters, 2·outHeight, 2·outWidth) lanes
 */
export function convolve(conv: ConvInput): Float64Array {
  const { input, weights, bias, channels, height, width, filters, kernel } = conv;
  const { outHeight, outWidth } = pooledSize(conv);
  const sums = new Float64Array(filters * 4 * outHeight * outWidth * LANE_IMAGES);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < 2 * outHeight; y++) {
      for (let x = 0; x < 2 * outWidth; x++) {
        for (let n = 0; n < LANE_IMAGES; n++) {
          let sum = bias[f]!;
          for (let c = 0; c < channels; c++) {
            for (let i = 0; i < kernel; i++) {
              for (let j = 0; j < kernel; j++) {
                const pixel = (c * height + y + i) * width + x + j;
                const weight = ((f * channels + c) * kernel + i) * kernel + j;
                sum += weights[weight]! * input[LANE_IMAGES * pixel + n]!;
              }
            }
          }
          sums[at++] = sum;
        }
      }
    }
  }
  return sums;
}

/**
 * 2 × 2 max-pooling.
 * @param sums (filters, 2·outHeight, 2·outWidth) lanes
 */
export function maxPool(
  sums: Float64Array,
  outHeight: number,
  outWidth: number,
  { right, down }: PixelSteps,
): Pooled {
  const filters = sums.length / (4 * outHeight * outWidth * LANE_IMAGES);
  const output = new Float64Array(sums.length / 4);
  const argmax = new Int32Array(sums.length / 4);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let py = 0; py < outHeight; py++) {
      for (let px = 0; px < outWidth; px++) {
        for (let n = 0; n < LANE_IMAGES; n++, at++) {
          output[at] = -Infinity;
          for (const y of [2 * py, 2 * py + 1]) {
            for (const x of [2 * px, 2 * px + 1]) {
              const sum = sums[LANE_IMAGES * ((f * 2 * outHeight + y) * 2 * outWidth + x) + n]!;
              if (sum <= output[at]!) continue;
              output[at] = sum;
              argmax[at] = y * down + x * right;
            }
          }
        }
      }
    }
  }
  return { output, argmax };
}

/** Convolution, then 2 × 2 max-pooling, of eight images in lanes. */
export function convPool(conv: ConvInput & PixelSteps): Pooled {
  const { outHeight, outWidth } = pooledSize(conv);
  return maxPool(convolve(conv), outHeight, outWidth, conv);
}

/**
 * The same for one image.
 * @param conv as for `convPool`, but `input` is (channels, height, width) of one image
 * @returns (filters, outHeight, outWidth)
 */
export function convPoolSingle(conv: ConvInput): Float64Array {
  const input = new Float64Array(LANE_IMAGES * conv.input.length);
  for (let i = 0; i < conv.input.length; i++) input[LANE_IMAGES * i] = conv.input[i]!;
  const { output } = convPool({ ...conv, input, right: 0, down: 0 });
  return output.filter((_, i) => i % LANE_IMAGES === 0);
}

/**
 * Weights in the order in which the kernel `convPoolSingle` reads them: eight filters side by side.
 * @param weights (filters, taps), where taps are channels · kernel²
 * @returns (⌈filters / 8⌉, taps, 8), NaN for filters that do not exist
 */
export function packFilters(
  weights: ArrayLike<number>,
  filters: number,
  taps: number,
): Float64Array {
  const tiles = Math.ceil(filters / SINGLE_FILTERS);
  const packed = new Float64Array(tiles * taps * SINGLE_FILTERS).fill(NaN);
  for (let f = 0; f < filters; f++) {
    const tile = Math.floor(f / SINGLE_FILTERS);
    for (let tap = 0; tap < taps; tap++) {
      packed[(tile * taps + tap) * SINGLE_FILTERS + f % SINGLE_FILTERS] = weights[f * taps + tap]!;
    }
  }
  return packed;
}
