import { augment, augmentAs } from "./augment.ts";
import {
  checkInteger,
  completeOptions,
  type DataLoaderOptions,
  type LoaderSettings,
} from "./loader_options.ts";
import { mix } from "./mix.ts";
import { type Batch, ByteBatch, type PixelSet, type PixelSource } from "./pixels.ts";
import { drawTargets } from "./teaching.ts";
import { Rng } from "../util/rng.ts";
import { Semaphore } from "../util/semaphore.ts";

/**
 * Goes through images in batches, one epoch each time it is iterated over:
 *
 * ```ts
 * const loader = new DataLoader(pixels, { batchSize: 256, shuffle: true, seed: 1 });
 * for (let epoch = 0; epoch < 10; epoch++) {
 *   for await (const { images, labels } of loader) train(images, labels);
 * }
 * ```
 *
 * Epoch e of seed s has the same order on every machine. Batches have buffers of their own.
 */
export class DataLoader implements AsyncIterable<Batch> {
  readonly #source: PixelSource;
  readonly #options: LoaderSettings;
  #epoch = 0;
  /** Batches that the next iteration leaves out. */
  #skipped = 0;

  /** The shape of every image. */
  readonly imageShape: {
    readonly channels: number;
    readonly height: number;
    readonly width: number;
  };
  /** Images an epoch. */
  readonly samples: number;
  /** Batches an epoch. */
  readonly length: number;
  /** Images a batch; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  /** Whether the batches have targets for all classes. */
  readonly softTargets: boolean;

  /**
   * Batches of a source's images.
   * @throws {RangeError} naming the option that has no sensible value, or counts of the source that differ
   */
  constructor(source: PixelSource, options: DataLoaderOptions = {}) {
    const full = completeOptions(options, source);
    checkCounts(source);
    const { mixing, teaching } = full;
    this.softTargets = mixing !== undefined || teaching !== undefined;
    this.#source = source;
    const { channels, height, width } = source;
    this.imageShape = { channels, height, width };
    this.#options = full;
    const { length } = source, { batchSize, dropLast } = full;
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
    this.samples = dropLast ? this.length * batchSize : length;
  }

  /** Number of the epoch that the next iteration goes through, from 0. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Makes the next iteration go through epoch `epoch`, to repeat or to resume a training.
   * @throws {RangeError} when `epoch` is no whole number from 0
   */
  setEpoch(epoch: number): void {
    this.seek(epoch, 0);
  }

  /**
   * Makes the next iteration begin in epoch `epoch` with batch `batch`, both counted from 0. It goes to the
   * epoch's end, which is at once if `batch` is the number of batches; later iterations are whole again.
   * @throws {RangeError} when one of the two is no whole number from 0, or `batch` is beyond the end
   */
  seek(epoch: number, batch: number): void {
    checkInteger("epoch", epoch, 0);
    checkInteger("batch", batch, 0);
    if (batch > this.length) {
      throw new RangeError(`an epoch has ${this.length} batches, so that none is number ${batch}`);
    }
    this.#epoch = epoch;
    this.#skipped = batch;
  }

  /** Positions of the images in the order in which epoch `epoch` takes them. */
  order(epoch: number): Int32Array {
    const { length } = this.#source, { shuffle, seed } = this.#options;
    const order = shuffle
      ? new Rng(seed).fork(`epoch ${epoch}`).permutation(length)
      : Int32Array.from({ length }, (_, i) => i);
    return order.subarray(0, this.samples);
  }

  /**
   * One epoch, the next one.
   * @throws what the source throws when it cannot read an image; no further image is read then
   * @throws {RangeError} naming the image of which the source gives more or fewer bytes than it has pixels
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    const epoch = this.#epoch++, first = this.#skipped;
    this.#skipped = 0;
    const order = this.order(epoch);
    const { batchSize, prefetch } = this.#options;
    const stop = new AbortController();
    const permits = new Semaphore(this.#options.workers); // shared by all batches being read
    const ahead: Promise<Batch>[] = [];
    let start = first * batchSize;
    try {
      for (let b = first; b < this.length; b++) {
        while (start < order.length && ahead.length <= prefetch) {
          const indices = order.subarray(start, start + batchSize);
          const batch = this.#varied(indices, `augmentation ${epoch} ${start}`, permits, stop);
          batch.catch(() => {}); // whoever awaits it hears of the failure
          ahead.push(batch);
          start += batchSize;
        }
        yield await ahead.shift()!;
      }
    } finally {
      stop.abort();
      await Promise.allSettled(ahead); // after a break or a failure nothing goes on reading
    }
  }

  /** A batch, augmented and mixed if that is wanted. */
  async #varied(
    indices: Int32Array,
    label: string,
    permits: Semaphore,
    stop: AbortController,
  ): Promise<Batch> {
    const batch = await this.#batch(indices, permits, stop);
    const rng = new Rng(this.#options.seed).fork(label);
    const targets = this.#vary(batch, indices, rng);
    return targets
      ? new ByteBatch(batch.bytes, batch.labels, batch.pixelNormalisation, targets)
      : batch;
  }

  /** Augments and mixes a batch's images in place. @returns the targets, where labels do not suffice */
  #vary(
    { bytes, labels }: ByteBatch,
    indices: Int32Array,
    rng: Rng,
  ): Float32Array<ArrayBuffer> | undefined {
    const { augmentation, mixing, teaching, classes = 0 } = this.#options;
    let targets: Float32Array<ArrayBuffer> | undefined;
    if (teaching) {
      const drawn = drawTargets(teaching, indices, labels, rng);
      augmentAs(bytes, this.#source, augmentation.shift ?? 0, drawn.variants);
      targets = drawn.targets;
    } else {
      if (augmentation.shift || augmentation.mirror) {
        augment(bytes, this.#source, augmentation, rng);
      }
      if (mixing) targets = oneHot(labels, classes);
    }
    if (mixing && targets && rng.uniform() < mixing.share) {
      mix(bytes, targets, this.#source, labels.length, mixing.kind, rng);
    }
    return targets;
  }

  async #batch(indices: Int32Array, permits: Semaphore, stop: AbortController): Promise<ByteBatch> {
    const source = this.#source;
    const pixelsEach = source.channels * source.height * source.width;
    const bytes = new Uint8Array(indices.length * pixelsEach);
    const labels = Int32Array.from(indices, (index) => source.labels[index]!);
    if (isPixelSet(source)) {
      for (let i = 0; i < indices.length; i++) {
        const at = indices[i]! * pixelsEach;
        bytes.set(source.pixels.subarray(at, at + pixelsEach), i * pixelsEach);
      }
    } else if (source.getAll) {
      const given = await source.getAll(indices, stop.signal);
      if (!stop.signal.aborted) {
        checkBytes(`${indices.length} images from image ${indices[0]} on`, given, bytes.length);
      }
      bytes.set(given);
    } else {
      const reading = Array.from(indices, (index, i) =>
        permits.run(async () => {
          if (stop.signal.aborted) return;
          const image = await source.get(index);
          checkBytes(`image ${index}`, image, pixelsEach);
          bytes.set(image, i * pixelsEach);
        }));
      try {
        await Promise.all(reading);
      } catch (error) {
        stop.abort();
        await Promise.allSettled(reading);
        throw error;
      }
    }
    return new ByteBatch(bytes, labels, this.#options.normalisation);
  }
}

/** 1 for each image's label, 0 for all other classes. */
function oneHot(labels: Int32Array, classes: number): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(labels.length * classes);
  for (let n = 0; n < labels.length; n++) targets[n * classes + labels[n]!] = 1;
  return targets;
}

function isPixelSet(source: PixelSource): source is PixelSet {
  return (source as Partial<PixelSet>).pixels instanceof Uint8Array;
}

/** @throws {RangeError} if there is not one label, or not all pixels, for each of the images */
function checkCounts(source: PixelSource): void {
  const { length, labels, channels, height, width } = source;
  if (labels.length !== length) {
    throw new RangeError(`${length} images need as many labels, got ${labels.length}`);
  }
  if (!isPixelSet(source)) return;
  checkBytes(`a set of ${length} images`, source.pixels, length * channels * height * width);
}

/** @throws {RangeError} naming the images whose bytes are not as many as their pixels */
function checkBytes(what: string, { length }: Uint8Array, wanted: number): void {
  if (length === wanted) return;
  throw new RangeError(
    `${what}: ${wanted} bytes are needed (one a pixel and channel), got ${length}`,
  );
}
