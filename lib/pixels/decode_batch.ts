import type { ImageSource } from "../data/dataset.ts";
import { BadImage, TooLarge } from "./bad_image.ts";
import { Budget } from "./budget.ts";
import { digestImage, digestLength } from "./pixel_cache_key.ts";
import { forEachIndex } from "./for_each_index.ts";
import { isJpeg } from "./jpeg_header.ts";
import { preprocessBytes, preprocessJpegNow, type PreprocessOptions } from "./preprocess.ts";
import { useFileNow, useSource } from "./read_image.ts";

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
  /** Whether digests of the images are wanted too. */
  readonly digests: boolean;
}

/** What a thread made of a batch. */
export interface DecodedBatch {
  /** (images, channels, height, width), 0–255; zeros for images without a result. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** `digestImage` of each image, zeros where its file could not be read; empty if none are wanted. */
  readonly digests: Uint8Array<ArrayBuffer>;
  readonly bad: readonly { readonly index: number; readonly reason: string }[];
  /** Images that are too large to be decoded on several threads at the same time. */
  readonly left: readonly number[];
}

/** What an image on one of several threads may have; eight threads take 200 MB for pixels then. */
const limits = { maxPixels: 8_000_000, maxFileBytes: 2 ** 24 };

/** Images at once on a thread, of those not done at once: while sharp decodes one, another can go on. */
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
  const digests = new Uint8Array(batch.digests ? images.length * digestLength : 0);
  const bad: { index: number; reason: string }[] = [];
  const left: number[] = [];
  const digest = (at: number, bytes: Uint8Array) => {
    if (batch.digests) digests.set(digestImage(fileOf(images[at]!), bytes), at * digestLength);
  };
  const refuse = (at: number, error: unknown) => {
    const { index } = images[at]!;
    if (error instanceof TooLarge) left.push(index);
    else if (error instanceof BadImage) bad.push({ index, reason: error.reason });
    else throw error;
  };
  const isOver = () => stopAtFirst && bad.length > 0;
  const later: number[] = [];
  for (let at = 0; at < images.length && !isOver(); at++) {
    const { path, name } = images[at]!;
    try {
      const isDone = useFileNow(path, name, options, (bytes) => {
        if (!isJpeg(bytes)) return false;
        digest(at, bytes);
        const result = preprocessJpegNow(bytes, options, name, settings);
        if (result) pixels.set(result, at * size);
        return result !== undefined;
      });
      if (!isDone) later.push(at);
    } catch (error) {
      refuse(at, error);
    }
  }
  await forEachIndex(later.length, CONCURRENCY, async (i) => {
    if (isOver()) return;
    const at = later[i]!, { name } = images[at]!, source = fileOf(images[at]!);
    try {
      await useSource(source, name, options, async (bytes) => {
        digest(at, bytes);
        pixels.set(await preprocessBytes(bytes, source, options, name, settings), at * size);
      });
    } catch (error) {
      refuse(at, error);
    }
  });
  return { pixels, digests, bad, left };
}

function fileOf({ path }: { readonly path: string }): ImageSource {
  return { kind: "file", path };
}
