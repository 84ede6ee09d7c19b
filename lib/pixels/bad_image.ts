/**
 * An image that cannot be used. Whoever works through many images may set it aside and go on; any
 * other error is no fault of the image.
 */
export class BadImage extends Error {
  /** By which the error is known. */
  override readonly name: string = "BadImage";

  /**
   * An image and what is wrong with it.
   * @param image name of the image, for people
   * @param reason what is wrong and what can be done about it
   */
  constructor(readonly image: string, readonly reason: string, options?: ErrorOptions) {
    super(`${image}: ${reason}`, options);
  }
}

/** A bad image, for the only reason that it is larger than the limits allow. */
export class TooLarge extends BadImage {
  override readonly name = "TooLarge";
}

/** An image that was left out of a split's pixels. */
export interface SetAsideImage {
  /** Position in the split that was asked for. */
  readonly index: number;
  /** The split's name of the image. */
  readonly name: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** All bad images of one or several splits, in one error. */
export class BadImages extends Error {
  /** By which the error is known. */
  override readonly name = "BadImages";

  /** The bad images and what is wrong with each. */
  constructor(readonly images: readonly SetAsideImage[]) {
    const lines = images.map(({ name, reason }) => `  ${name}: ${reason}`);
    const count = images.length === 1 ? "1 image" : `${images.length} images`;
    super(`${count} cannot be used:\n${lines.join("\n")}`);
  }
}
