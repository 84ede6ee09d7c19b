import type { Rng } from "../util/rng.ts";
import { PackedPixels } from "./packed.ts";
import type { PixelSet } from "./pixels.ts";

/** How training images are varied, anew in each epoch. Nothing is interpolated, so nothing blurs. */
export interface Augmentation {
  /** Shifts up to this many pixels in each direction; what comes in at an edge is its reflection. */
  readonly shift?: number;
  /** Whether half of the images are mirrored left to right. */
  readonly mirror?: boolean;
}

/**
 * Varies images in place.
 * @param bytes (count, channels, height, width)
 * @param rng decides; the same state gives the same images
 * @throws RangeError if the shift is no whole number from 0 to below height and width
 */
export function augment(
  bytes: Uint8Array,
  shape: { readonly channels: number; readonly height: number; readonly width: number },
  { shift = 0, mirror = false }: Augmentation,
  rng: Rng,
): void {
  const side = 2 * shift + 1, size = shape.channels * shape.height * shape.width;
  const variants = Uint16Array.from({ length: bytes.length / size }, () => {
    const row = rng.int(side), column = rng.int(side);
    return (mirror && rng.int(2) === 1 ? side * side : 0) + row * side + column;
  });
  augmentAs(bytes, shape, shift, variants);
}

/** In how many ways an image can come out of an augmentation. */
export function countVariants({ shift = 0, mirror = false }: Augmentation): number {
  return (2 * shift + 1) ** 2 * (mirror ? 2 : 1);
}

/**
 * Varies images in place, each in the way that is given.
 * @param variants for each image a number below `countVariants`: with s = 2·shift + 1, s² for a mirrored
 * image plus s·(shift down + shift) plus (shift right + shift)
 * @throws RangeError if the shift is no whole number from 0 to below height and width
 */
export function augmentAs(
  bytes: Uint8Array,
  { channels, height, width }: Parameters<typeof augment>[1],
  shift: number,
  variants: ArrayLike<number>,
): void {
  checkShift(shift, height, width);
  const rows = shiftedIndices(height, shift), columns = shiftedIndices(width, shift);
  const mirrored = columns.map((indices) => indices.toReversed());
  const area = height * width, size = channels * area, side = 2 * shift + 1;
  const plane = new Uint8Array(area);
  // four pixels at once where they fit
  const words = width % 4 === 0 && bytes.byteOffset % 4 === 0
    ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    : undefined;
  for (let from = 0, n = 0; from + size <= bytes.length; from += size, n++) {
    const variant = variants[n]!, place = variant % (side * side);
    const row = rows[Math.floor(place / side)]!;
    const across = (variant >= side * side ? mirrored : columns)[place % side]!;
    for (let at = from; at < from + size; at += area) {
      plane.set(bytes.subarray(at, at + area));
      if (words) moveWords(plane, row, across, words, at / 4);
      else moveBytes(plane, row, across, bytes, at);
    }
  }
}

/** Writes a plane's pixels from the rows and columns given to `to`, from index `at` on. */
function moveBytes(
  plane: Uint8Array,
  rows: Int32Array,
  columns: Int32Array,
  to: Uint8Array,
  at: number,
): void {
  for (let y = 0; y < rows.length; y++) {
    const line = rows[y]! * columns.length;
    for (let x = 0; x < columns.length; x++) to[at++] = plane[line + columns[x]!]!;
  }
}

/** `moveBytes`, four pixels at once; half the time. */
function moveWords(
  plane: Uint8Array,
  rows: Int32Array,
  columns: Int32Array,
  to: Uint32Array,
  at: number,
): void {
  for (let y = 0; y < rows.length; y++) {
    const line = rows[y]! * columns.length;
    for (let x = 0; x < columns.length; x += 4) {
      to[at++] = plane[line + columns[x]!]! | plane[line + columns[x + 1]!]! << 8 |
        plane[line + columns[x + 2]!]! << 16 | plane[line + columns[x + 3]!]! << 24;
    }
  }
}

/**
 * The same images from a little elsewhere: as they are, then every other shift up to `shift` pixels in
 * each direction, then, with `mirror`, all of these mirrored.
 * @throws RangeError as `augment` does
 */
export function* views(
  set: PixelSet,
  { shift = 0, mirror = false }: Augmentation,
): Generator<PixelSet> {
  const { channels, height, width, labels, pixels, key } = set;
  checkShift(shift, height, width);
  const rows = shiftedIndices(height, shift), columns = shiftedIndices(width, shift);
  const middle = 2 * shift * (shift + 1);
  const order = Array.from({ length: (2 * shift + 1) ** 2 }, (_, i) => i)
    .sort((a, b) => Number(b === middle) - Number(a === middle));
  for (const mirrored of mirror ? [false, true] : [false]) {
    for (const at of order) {
      const row = rows[Math.floor(at / (2 * shift + 1))]!;
      const straight = columns[at % (2 * shift + 1)]!;
      const column = mirrored ? straight.toReversed() : straight;
      const bytes = new Uint8Array(pixels.length);
      for (let plane = 0; plane < pixels.length; plane += height * width) {
        moveBytes(pixels.subarray(plane, plane + height * width), row, column, bytes, plane);
      }
      yield new PackedPixels(bytes, labels, channels, height, width, key);
    }
  }
}

/** @throws RangeError naming a shift that reflection cannot fill */
export function checkShift(shift: number, height: number, width: number): void {
  if (!Number.isInteger(shift) || shift < 0 || shift >= Math.min(height, width)) {
    throw new RangeError(
      `shift must be a whole number from 0 to below ${Math.min(height, width)}, got ${shift}`,
    );
  }
}

/**
 * For each shift from −shift to shift, where each pixel of a line comes from. Outside the line it is
 * reflected at the first and last pixel, which are not repeated: −1 is 1.
 */
function shiftedIndices(length: number, shift: number): Int32Array<ArrayBuffer>[] {
  return Array.from({ length: 2 * shift + 1 }, (_, s) =>
    Int32Array.from({ length }, (_, i) => {
      const at = Math.abs(i - (s - shift));
      return at < length ? at : 2 * (length - 1) - at;
    }));
}
