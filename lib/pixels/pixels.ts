/** Preprocessed images: 8-bit pixels of one size, ready to be batched. */

/** Images of one size that can be asked for one at a time; reading may happen at that moment. */
export interface PixelSource {
  /** Number of images. */
  readonly length: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** Rows of an image. */
  readonly height: number;
  /** Columns of an image. */
  readonly width: number;
  /** One label an image. */
  readonly labels: Int32Array;
  /** The image's pixels, (channels, height, width), 0–255. */
  get(index: number): Uint8Array | Promise<Uint8Array>;
  /**
   * Several images' pixels, one after the other, where the source reads them side by side by itself.
   * @param signal says that they are not wanted any more; what has been begun may be finished
   */
  getAll?(indices: Int32Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** All images of a split in one array. */
export interface PixelSet extends PixelSource {
  /** (length, channels, height, width), 0–255. */
  readonly pixels: Uint8Array;
  /** Hex digest of the images' content, their labels and the preprocessing options. */
  readonly key: string;
  /** The image's pixels, (channels, height, width), 0–255; a view, not a copy. */
  get(index: number): Uint8Array;
}

/** Maps a pixel p in 0–255 to (p − mean) / std. */
export interface Normalisation {
  /** Grey level that becomes 0. */
  readonly mean: number;
  /** Grey levels that become 1; above 0. */
  readonly std: number;
}

/** One normalisation for all pixels, or one for each channel in their order. */
export type PixelNormalisation = Normalisation | readonly Normalisation[];

/** Some images and their labels, as the systems take them. */
export interface Batch {
  /** Number of images. */
  readonly size: number;
  /** (size, channels, height, width), normalised. */
  readonly images: Float32Array;
  /** One label for each image. */
  readonly labels: Int32Array;
  /**
   * What the loss is taken against in place of the labels: (size, classes), each image's numbers at least
   * 0 and with sum 1. Absent: 1 for the label, 0 for all others.
   */
  readonly targets?: Float32Array | undefined;
  /** The same images before normalisation, 0–255, for a system that normalises by itself. */
  readonly bytes?: Uint8Array;
  /** How `images` come from `bytes`; absent where each channel has a normalisation of its own. */
  readonly normalisation?: Normalisation;
}

/** A batch of bytes whose `images` are made when somebody first asks for them. */
export class ByteBatch implements Batch {
  readonly size: number;
  readonly normalisation?: Normalisation;
  #images: Float32Array | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly labels: Int32Array,
    /** How pixels are normalised. */
    readonly pixelNormalisation: PixelNormalisation,
    readonly targets?: Float32Array,
  ) {
    this.size = labels.length;
    if (!isPerChannel(pixelNormalisation)) this.normalisation = pixelNormalisation;
  }

  get images(): Float32Array {
    const { bytes, size, pixelNormalisation: own } = this;
    return this.#images ??= isPerChannel(own)
      ? normaliseChannels(bytes, own, size)
      : normalise(bytes, own);
  }
}

/** Each pixel p as (p − mean) / std. */
export function normalise(
  bytes: Uint8Array,
  { mean, std }: Normalisation,
): Float32Array<ArrayBuffer> {
  const levels = Float32Array.from({ length: 256 }, (_, level) => (level - mean) / std);
  const images = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) images[i] = levels[bytes[i]!]!;
  return images;
}

/** Whether each channel has a normalisation of its own. */
export function isPerChannel(
  normalisation: PixelNormalisation,
): normalisation is readonly Normalisation[] {
  return Array.isArray(normalisation);
}

/**
 * For what keeps one normalisation with a network.
 * @param whose begins the message: "an int8 network", say
 * @throws RangeError if it is one for each channel, or has no finite mean and std above 0
 */
export function requireOneNormalisation(whose: string, normalisation: PixelNormalisation): void {
  if (isPerChannel(normalisation)) {
    throw new RangeError(`${whose} has one normalisation for all channels, not one for each`);
  }
  const { mean, std } = normalisation;
  if (Number.isFinite(mean) && Number.isFinite(std) && std > 0) return;
  throw new RangeError(`${whose} needs a finite mean and a std above 0, got ${mean} and ${std}`);
}

/** Each pixel by the normalisation of its channel. @param bytes (count, channels, height, width) */
function normaliseChannels(
  bytes: Uint8Array,
  channels: readonly Normalisation[],
  count: number,
): Float32Array {
  const images = new Float32Array(bytes.length), plane = bytes.length / (count * channels.length);
  for (let at = 0, c = 0; at < bytes.length; at += plane, c = (c + 1) % channels.length) {
    images.set(normalise(bytes.subarray(at, at + plane), channels[c]!), at);
  }
  return images;
}
