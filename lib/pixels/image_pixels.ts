import type { Split } from "../data/dataset.ts";
import { BadImage } from "./bad_image.ts";
import type { DecodingBatch } from "./decode_batch.ts";
import { DecodingCrew, defaultDecodingThreads } from "./decoding_crew.ts";
import type { PixelSource } from "./pixels.ts";
import { preprocess, type PreprocessOptions, preprocessOptions } from "./preprocess.ts";

/** Images that a thread is handed at a time. */
const HANDFUL = 32;

/** How `ImagePixels` works, with no influence on the pixels. */
export interface ImagePixelsOptions {
  /**
   * Threads that read and decode the batches of a `DataLoader`. By default the calling thread does that for up to
   * 2,000 images, and for more as many threads as the machine has processors, 8 at most.
   */
  readonly threads?: number;
}

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
  /** Reads and preprocesses several images on the threads; absent if there are none. */
  readonly getAll?: NonNullable<PixelSource["getAll"]>;
  readonly #split: Split;
  readonly #options: PreprocessOptions;
  readonly #crew: DecodingCrew | undefined;

  /**
   * The images of a split; none is read yet.
   * @throws {RangeError} naming the option that has no sensible value
   */
  constructor(
    split: Split,
    options: Partial<PreprocessOptions> = {},
    { threads = defaultDecodingThreads(split.length) }: ImagePixelsOptions = {},
  ) {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`threads must be an integer from 1, got ${threads}`);
    }
    this.#split = split;
    this.#options = preprocessOptions(options);
    this.channels = this.#options.colour ? 3 : 1;
    this.width = this.#options.width;
    this.height = this.#options.height;
    if (threads > 1) {
      const crew = this.#crew = new DecodingCrew(threads);
      this.getAll = (indices, signal) => this.#getAll(crew, indices, signal);
    }
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
    this.#check(index);
    return await preprocess(
      this.#split.image(index),
      this.#options,
      this.#split.name(index),
    );
  }

  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return;
    throw new RangeError(`there is no image ${index}: the split has ${this.length}, from 0`);
  }

  async #getAll(
    crew: DecodingCrew,
    indices: Int32Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const size = this.channels * this.height * this.width;
    const pixels = new Uint8Array(indices.length * size);
    const files: DecodingBatch["images"][number][] = [], left: number[] = [];
    indices.forEach((index, at) => {
      this.#check(index);
      const source = this.#split.image(index);
      if (source.kind === "raw") left.push(at);
      else files.push({ index: at, path: source.path, name: this.#split.name(index) });
    });
    const work: Promise<void>[] = [];
    for (let start = 0; start < files.length; start += HANDFUL) {
      const images = files.slice(start, start + HANDFUL);
      const batch = { images, options: this.#options, stopAtFirst: true, digests: false };
      work.push(
        crew.decode(batch, signal).then((answer) => {
          const [bad] = answer.bad;
          if (bad) throw new BadImage(this.#split.name(indices[bad.index]!), bad.reason);
          images.forEach(({ index: at }, i) =>
            pixels.set(answer.pixels.subarray(i * size, (i + 1) * size), at * size)
          );
          left.push(...answer.left);
        }),
      );
    }
    await Promise.allSettled(work); // nothing goes on after a failure
    await Promise.all(work);
    // those in memory, and very large ones, which are decoded with one bound for the memory of all
    for (const at of left) {
      signal.throwIfAborted();
      pixels.set(await this.get(indices[at]!), at * size);
    }
    return pixels;
  }

  /** Ends the threads, which end by themselves when they have been idle for a while. */
  end(): void {
    this.#crew?.end();
  }
}
