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
  /** How `images` come from `bytes`. */
  readonly normalisation?: Normalisation;
}

/** A batch of bytes whose `images` are made when somebody first asks for them. */
export class ByteBatch implements Batch {
  readonly size: number;
  #images: Float32Array | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly labels: Int32Array,
    readonly normalisation: Normalisation,
    readonly targets?: Float32Array,
  ) {
    this.size = labels.length;
  }

  get images(): Float32Array {
    return this.#images ??= normalise(this.bytes, this.normalisation);
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
