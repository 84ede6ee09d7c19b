import { BadImage, TooLarge } from "./bad_image.ts";
import { Budget } from "./budget.ts";
import { digestImage, digestLength } from "./pixel_cache_key.ts";
import { preprocessBytes, type PreprocessOptions } from "./preprocess.ts";
import { forEachIndex } from "./for_each_index.ts";
import { useSource } from "./read_image.ts";

/** Image files for a thread to preprocess. */
export interface DecodingBatch {
  readonly images: readonly {
    readonly index: number;
    readonly path: string;
    readonly name: string;
  }[];
  readonly options: PreprocessOptions;
  /** Whether a bad image ends the work. */
  readonly stopAtFirst: boolean;
}

/** What a thread made of a batch. */
export interface DecodedBatch {
  /** (images, channels, height, width), 0–255; zeros for images without a result. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** `digestImage` of each image, zeros where its file could not be read. */
  readonly digests: Uint8Array<ArrayBuffer>;
  readonly bad: readonly { readonly index: number; readonly reason: string }[];
  /** Images that are too large to be decoded on several threads at the same time. */
  readonly left: readonly number[];
}

/** What an image on one of several threads may have; eight threads take 200 MB for pixels then. */
const limits = { maxPixels: 8_000_000, maxFileBytes: 2 ** 24 };

/** Images at once on a thread: while one is read or decoded by sharp, another one can go on. */
const CONCURRENCY = 4;

const settings = { budget: new Budget(limits.maxPixels), blocking: true };

/** Preprocesses some image files on the thread that calls. */
export async function preprocessBatch(batch: DecodingBatch): Promise<DecodedBatch> {
  const { images, stopAtFirst } = batch;
  const options = {
    ...batch.options,
    maxPixels: Math.min(batch.options.maxPixels, limits.maxPixels),
    maxFileBytes: Math.min(batch.options.maxFileBytes, limits.maxFileBytes),
  };
  const size = (options.colour ? 3 : 1) * options.width * options.height;
  const pixels = new Uint8Array(images.length * size);
  const digests = new Uint8Array(images.length * digestLength);
  const bad: { index: number; reason: string }[] = [];
  const left: number[] = [];
  await forEachIndex(images.length, CONCURRENCY, async (at) => {
    if (stopAtFirst && bad.length > 0) return;
    const { index, path, name } = images[at]!;
    const source = { kind: "file", path } as const;
    try {
      await useSource(source, name, options, async (bytes) => {
        digests.set(digestImage(source, bytes), at * digestLength);
        pixels.set(await preprocessBytes(bytes, source, options, name, settings), at * size);
      });
    } catch (error) {
      if (error instanceof TooLarge) left.push(index);
      else if (error instanceof BadImage) bad.push({ index, reason: error.reason });
      else throw error;
    }
  });
  return { pixels, digests, bad, left };
}
