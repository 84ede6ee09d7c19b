import { refuseUnknown } from "../util/refuse_unknown.ts";
import type { Rng } from "../util/rng.ts";

/** How the images of a training batch are mixed with each other, and their targets with them. */
export interface Mixing {
  /**
   * - `mixup`: each pixel is a weighted mean of two images' (Zhang et al. 2018)
   * - `cutmix`: a rectangle of one image is pasted into the other (Yun et al. 2019)
   */
  readonly kind: "mixup" | "cutmix";
  /** Part of the batches that is mixed, from 0 to 1. */
  readonly share: number;
}

/** @throws RangeError naming a kind or a share that no mixing has */
export function checkMixing(mixing: Mixing): void {
  refuseUnknown("mixing", mixing, { kind: true, share: true });
  const { kind, share } = mixing;
  if (kind !== "mixup" && kind !== "cutmix") {
    throw new RangeError(`mixing must be mixup or cutmix, got ${kind}`);
  }
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`the share of mixed batches must be from 0 to 1, got ${share}`);
  }
}

/**
 * Mixes each image of a batch with the one after it, the last one with the first, in place. The weight of
 * the image itself is drawn evenly from 0 to 1, once for the batch.
 * @param bytes (size, channels, height, width)
 * @param targets (size, classes), mixed with the weights by which the images are
 * @returns the weight of each image itself; the share of its pixels that stayed, for `cutmix`
 */
export function mix(
  bytes: Uint8Array,
  targets: Float32Array,
  shape: { readonly channels: number; readonly height: number; readonly width: number },
  size: number,
  kind: Mixing["kind"],
  rng: Rng,
): number {
  const drawn = rng.uniform();
  const own = kind === "mixup"
    ? mixPixels(bytes, size, drawn)
    : pasteRectangles(bytes, shape, size, drawn, rng);
  mixTargets(targets, size, own);
  return own;
}

/** Weighs in 256ths, so that whole numbers suffice. @returns the weight that was taken */
function mixPixels(bytes: Uint8Array, size: number, drawn: number): number {
  const own = Math.round(256 * drawn), other = 256 - own;
  const pixels = bytes.length / size, last = bytes.length - pixels;
  const first = bytes.slice(0, pixels);
  // an image is read for the last time when the one before it has been written
  for (let i = 0; i < last; i++) bytes[i] = (own * bytes[i]! + other * bytes[i + pixels]!) >> 8;
  for (let i = 0; i < pixels; i++) {
    bytes[last + i] = (own * bytes[last + i]! + other * first[i]!) >> 8;
  }
  return own / 256;
}

/** A rectangle of the image's shape, anywhere within it. @returns the share outside of it */
function pasteRectangles(
  bytes: Uint8Array,
  { channels, height, width }: Parameters<typeof mix>[2],
  size: number,
  drawn: number,
  rng: Rng,
): number {
  const side = Math.sqrt(1 - drawn);
  const rows = Math.round(height * side), columns = Math.round(width * side);
  const top = rng.int(height - rows + 1), left = rng.int(width - columns + 1);
  const pixels = channels * height * width;
  const first = bytes.slice(0, pixels);
  for (let n = 0; n < size; n++) {
    const from = n + 1 < size ? bytes : first;
    const source = n + 1 < size ? (n + 1) * pixels : 0;
    for (let line = 0; line < channels * height; line++) {
      const row = line % height;
      if (row < top || row >= top + rows) continue;
      const at = line * width + left;
      bytes.set(from.subarray(source + at, source + at + columns), n * pixels + at);
    }
  }
  return 1 - rows * columns / (height * width);
}

function mixTargets(targets: Float32Array, size: number, own: number): void {
  const classes = targets.length / size;
  const first = targets.slice(0, classes);
  for (let i = 0; i < targets.length; i++) {
    const other = i + classes < targets.length
      ? targets[i + classes]!
      : first[i + classes - targets.length]!;
    targets[i] = own * targets[i]! + (1 - own) * other;
  }
}
