import type { Split } from "../data/dataset.ts";
import type { PixelSource } from "./pixels.ts";
import { preprocess, type PreprocessOptions, preprocessOptions } from "./preprocess.ts";

/**
 * The paper's data set: knows its length and labels, and reads and preprocesses an image at the
 * moment it is asked for, every time anew. `packPixels` does all the work once instead.
 */
export class ImagePixels implements PixelSource {
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** Columns of an image. */
  readonly width: number;
  /** Rows of an image. */
  readonly height: number;
  readonly #split: Split;
  readonly #options: PreprocessOptions;

  /**
   * The images of a split; none is read yet.
   * @throws {RangeError} naming the option that has no sensible value
   */
  constructor(split: Split, options: Partial<PreprocessOptions> = {}) {
    this.#split = split;
    this.#options = preprocessOptions(options);
    this.channels = this.#options.colour ? 3 : 1;
    this.width = this.#options.width;
    this.height = this.#options.height;
  }

  /** Number of images. */
  get length(): number {
    return this.#split.length;
  }

  get labels(): Int32Array {
    return this.#split.labels;
  }

  /**
   * Reads and preprocesses an image.
   * @returns (channels, height, width), 0–255
   * @throws {RangeError} when there is no image `index`
   * @throws {BadImage} when it is missing, damaged, too large or no image
   */
  async get(index: number): Promise<Uint8Array> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`there is no image ${index}: the split has ${this.length}, from 0`);
    }
    return await preprocess(
      this.#split.image(index),
      this.#options,
      this.#split.name(index),
    );
  }
}
