import type { Split } from "../data/dataset.ts";
import type { OnProgress } from "../util/progress.ts";
import { BadImage, type SetAsideImage } from "./bad_image.ts";
import { preprocessOnThreads } from "./decoding_threads.ts";
import { digestImage, digestLength } from "./pixel_cache_key.ts";
import { forEachIndex } from "./for_each_index.ts";
import { preprocessBytes, type PreprocessOptions } from "./preprocess.ts";
import { useSource } from "./read_image.ts";

/** How the work is done. */
export interface PreprocessWork {
  /** Images at once on a thread. */
  readonly concurrency: number;
  readonly threads: number;
  /** Whether a bad image ends the work. */
  readonly stopAtFirst: boolean;
}

/** All images of a split; those of a bad one are zeros. */
export interface PreprocessedImages {
  /** (length, channels, height, width), 0–255. */
  readonly pixels: Uint8Array;
  /** `digestImage` of each image, zeros where its file could not be read. */
  readonly digests: Uint8Array;
  /** Bad images in the order of the split. */
  readonly bad: SetAsideImage[];
}

/**
 * Preprocesses all images of a split. Digests come from the very bytes that are decoded, so that a key
 * made of them fits the pixels.
 *
 * @throws {BadImage} naming a bad image, if `stopAtFirst` is set; no further image is decoded then
 */
export async function preprocessAll(
  split: Split,
  options: PreprocessOptions,
  { concurrency, threads, stopAtFirst }: PreprocessWork,
  onProgress: OnProgress | undefined,
): Promise<PreprocessedImages> {
  const { length } = split;
  const size = (options.colour ? 3 : 1) * options.width * options.height;
  const digests = new Uint8Array(length * digestLength);
  const pixels = new Uint8Array(length * size);
  const bad: SetAsideImage[] = [];
  const step = Math.max(1, Math.ceil(length / 200));
  let done = 0;
  const report = async (images: number) => {
    const before = done;
    done += images;
    const due = Math.floor(before / step) < Math.floor(done / step) || done === length;
    if (due) await onProgress?.(done, length, "preprocessing");
  };
  const refuse = (index: number, reason: string) => {
    if (stopAtFirst) throw new BadImage(split.name(index), reason);
    bad.push({ index, name: split.name(index), reason });
  };
  let todo: readonly number[] = Array.from({ length }, (_, i) => i);
  if (threads > 1) {
    const target = { pixels, digests, size, refuse, report };
    todo = await preprocessOnThreads(split, options, { threads, stopAtFirst }, target);
  }
  await forEachIndex(todo.length, concurrency, async (at) => {
    const i = todo[at]!;
    const source = split.image(i), name = split.name(i);
    try {
      await useSource(source, name, options, async (bytes) => {
        digests.set(digestImage(source, bytes), i * digestLength);
        pixels.set(await preprocessBytes(bytes, source, options, name), i * size);
      });
    } catch (error) {
      if (!(error instanceof BadImage)) throw error;
      refuse(i, error.reason);
    }
    await report(1);
  });
  bad.sort((a, b) => a.index - b.index);
  return { pixels, digests, bad };
}

/** `digestImage` of each image of a split, zeros where its file cannot be read. */
export async function digestAll(
  split: Split,
  options: PreprocessOptions,
  concurrency: number,
): Promise<Uint8Array> {
  const digests = new Uint8Array(split.length * digestLength);
  await forEachIndex(split.length, concurrency, async (i) => {
    const source = split.image(i);
    try {
      await useSource(source, split.name(i), options, (bytes) => {
        digests.set(digestImage(source, bytes), i * digestLength);
      });
    } catch (error) {
      if (!(error instanceof BadImage)) throw error;
    }
  });
  return digests;
}
