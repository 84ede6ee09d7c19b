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
  return { value: hits / images, interval: wilsonInterval(hits / images, images), hits, images };
}

/**
 * Wilson's interval of a share, which need not be a whole number of images: a mean over networks, say.
 * @throws RangeError if the share is outside [0, 1], or the number of images below 1 or not finite
 */
export function wilsonInterval(value: number, images: number): readonly [number, number] {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`a share must be in [0, 1], got ${value}`);
  if (!(images >= 1 && Number.isFinite(images))) {
    throw new RangeError(`images must be at least 1 and finite, got ${images}`);
  }
  const z = 1.959963984540054;
  const scale = 1 + z * z / images;
  const middle = (value + z * z / (2 * images)) / scale;
  const half = z / scale * Math.sqrt(value * (1 - value) / images + z * z / (4 * images * images));
  const low = value === 0 ? 0 : Math.max(0, middle - half);
  const high = value === 1 ? 1 : Math.min(1, middle + half);
  return [low, high];
}
