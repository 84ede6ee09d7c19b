import { augment, augmentAs, type Augmentation, checkShift } from "./augment.ts";
import { checkMixing, mix, type Mixing } from "./mix.ts";
import { checkTeaching, drawTargets, type Teaching } from "./teaching.ts";
import { refuseUnknown } from "../util/refuse_unknown.ts";
import { Semaphore } from "../util/semaphore.ts";
import { Rng } from "../util/rng.ts";
import {
  type Batch,
  ByteBatch,
  isPerChannel,
  type Normalisation,
  type PixelNormalisation,
  type PixelSet,
  type PixelSource,
} from "./pixels.ts";

/** How a `DataLoader` goes through its images. */
export interface DataLoaderOptions {
  /** Images a batch; 256 by default. */
  readonly batchSize?: number;
  /** Whether each epoch has an order of its own; false by default. */
  readonly shuffle?: boolean;
  /** Decides, with the epoch's number, the order of a shuffled epoch; 0 by default. */
  readonly seed?: number;
  /** Whether a last batch that is not full is left out; false by default. */
  readonly dropLast?: boolean;
  /** Batches prepared ahead of the one in use; 2 by default. */
  readonly prefetch?: number;
  /** Images read at once when the source reads them one by one; 8 by default. */
  readonly workers?: number;
  /**
   * Applied to each pixel, or a list with one for each channel; without it pixels stay 0–255. What is saved of a
   * network (runs, int8, classifiers) has one for all channels.
   */
  readonly normalisation?: PixelNormalisation;
  /** Varies the images, differently in each epoch but, with the same seed, always alike. */
  readonly augmentation?: Augmentation;
  /** Mixes images of a batch, and gives all batches targets. It needs `classes`. */
  readonly mixing?: Mixing;
  /** Number of classes, for what has targets for all of them. */
  readonly classes?: number;
  /**
   * Gives all batches a teacher's answers as targets. The images are varied only in the ways for which there
   * are answers.
   */
  readonly teaching?: Teaching;
}

const loaderKeys: Record<keyof DataLoaderOptions, true> = {
  ...{ batchSize: true, shuffle: true, seed: true, dropLast: true, prefetch: true, workers: true },
  ...{ normalisation: true, augmentation: true, mixing: true, classes: true, teaching: true },
};

/** The options, completed. */
type Settings =
  & Required<Omit<DataLoaderOptions, "mixing" | "classes" | "teaching">>
  & Pick<DataLoaderOptions, "mixing" | "classes" | "teaching">;

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
  readonly #options: Settings;
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
    refuseUnknown("a DataLoader", options, loaderKeys);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const full: Settings = {
      ...{ batchSize: 256, shuffle: false, seed: 0, dropLast: false, prefetch: 2, workers: 8 },
      normalisation: { mean: 0, std: 1 },
      augmentation: {},
      ...Object.fromEntries(given) as DataLoaderOptions,
    };
    for (const [name, least] of [["batchSize", 1], ["prefetch", 0], ["workers", 1]] as const) {
      checkInteger(name, full[name], least);
    }
    for (const name of ["shuffle", "dropLast"] as const) checkSwitch(name, full[name]);
    if (!Number.isInteger(full.seed)) {
      throw new RangeError(`seed must be an integer, got ${full.seed}`);
    }
    checkCounts(source);
    const all = isPerChannel(full.normalisation) ? full.normalisation : [full.normalisation];
    if (isPerChannel(full.normalisation) && all.length !== source.channels) {
      throw new RangeError(
        `images of ${source.channels} channels need as many normalisations, got ${all.length}`,
      );
    }
    for (const { mean, std } of all) {
      if (Number.isFinite(mean) && Number.isFinite(std) && std > 0) continue;
      throw new RangeError(
        `normalisation needs a finite mean and a std over 0, got ${mean} and ${std}`,
      );
    }
    checkAugmentation(full.augmentation, source);
    const { mixing, teaching } = full;
    if (mixing) checkMixing(mixing);
    if (mixing && !teaching) checkInteger("classes", full.classes ?? NaN, 1);
    if (teaching) checkTeaching(teaching, source.length, full.augmentation);
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

/** @throws {RangeError} naming the option that no augmentation of these images has */
function checkAugmentation(augmentation: Augmentation, { height, width }: PixelSource): void {
  refuseUnknown("an augmentation", augmentation, { shift: true, mirror: true });
  const { shift = 0, mirror = false } = augmentation;
  checkShift(shift, height, width);
  checkSwitch("mirror", mirror);
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

function checkSwitch(name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new RangeError(`${name} must be true or false, got ${String(value)}`);
}

function checkInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer from ${least}, got ${value}`);
  }
}

/**
 * Mean and standard deviation over all pixels of a set, usually the training set: with them the
 * set's normalised pixels have mean 0 and std 1. A set of one level only gets std 1.
 */
export function normalisation({ pixels }: PixelSet): Normalisation {
  const counts = new Float64Array(256);
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]!]!++;
  return ofCounts(counts);
}

/** The same for each channel by itself, in the order of the channels. */
export function channelNormalisation(
  { pixels, channels, height, width }: PixelSet,
): Normalisation[] {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  const plane = height * width;
  for (let i = 0; i < pixels.length; i++) counts[Math.floor(i / plane) % channels]![pixels[i]!]!++;
  return counts.map(ofCounts);
}

/** @param counts how many pixels have each level */
function ofCounts(counts: Float64Array): Normalisation {
  const pixels = counts.reduce((sum, count) => sum + count, 0);
  if (pixels === 0) throw new RangeError("normalisation of no pixels: the set is empty");
  let sum = 0, squares = 0;
  counts.forEach((count, level) => sum += count * level);
  const mean = sum / pixels;
  counts.forEach((count, level) => squares += count * (level - mean) ** 2);
  return { mean, std: Math.sqrt(squares / pixels) || 1 };
}
