/** An accuracy counted on some images, with its 95 % interval. */
export interface Accuracy {
  /** Share of the images, in [0, 1]. */
  readonly value: number;
  /** Lower and upper end of the 95 % interval. */
  readonly interval: readonly [number, number];
  /** Images that count as correct. */
  readonly hits: number;
  /** All images. */
  readonly images: number;
}

/**
 * Share of hits with Wilson's score interval at 95 % (Wilson 1927): the values p for which the
 * observed share lies within 1.96 standard errors. Unlike ±1.96·√(p(1−p)/n) it stays within [0, 1]
 * and is sound for shares near 0.
 */
export function wilson(hits: number, images: number): Accuracy {
  if (!Number.isInteger(hits) || !Number.isInteger(images) || images < 1) {
    throw new RangeError(`hits and images must be whole numbers, got ${hits} of ${images}`);
  }
  if (hits < 0 || hits > images) {
    throw new RangeError(
      `hits must be from 0 to the number of images, got ${hits} hits of ${images} images`,
    );
  }
  const z = 1.959963984540054;
  const value = hits / images;
  const scale = 1 + z * z / images;
  const middle = (value + z * z / (2 * images)) / scale;
  const half = z / scale * Math.sqrt(value * (1 - value) / images + z * z / (4 * images * images));
  const low = hits === 0 ? 0 : Math.max(0, middle - half);
  const high = hits === images ? 1 : Math.min(1, middle + half);
  return { value, interval: [low, high], hits, images };
}
