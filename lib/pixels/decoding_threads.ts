import type { Split } from "../data/dataset.ts";
import type { DecodingBatch } from "./decode_batch.ts";
import { BATCHES_EACH, DecodingCrew } from "./decoding_crew.ts";
import { digestLength } from "./pixel_cache_key.ts";
import type { PreprocessOptions } from "./preprocess.ts";

/** Images that a thread is handed at a time. */
const BATCH = 64;

/** Where results go. */
export interface PreprocessTarget {
  readonly pixels: Uint8Array;
  readonly digests: Uint8Array;
  /** Bytes of an image in `pixels`. */
  readonly size: number;
  /** Told of a bad image; may throw to end the work. */
  refuse(index: number, reason: string): void;
  /** Told how many more images are done. */
  report(images: number): Promise<void>;
}

/**
 * Reads, decodes and shrinks the image files of a split on threads of their own, and ends the threads.
 * @returns the images that were left for the calling thread: those in memory, and very large ones,
 *   which it decodes with one bound for the memory of all
 * @throws {Error} what `refuse` and `report` throw, and if a thread ends by itself
 */
export async function preprocessOnThreads(
  split: Split,
  options: PreprocessOptions,
  { threads, stopAtFirst }: { readonly threads: number; readonly stopAtFirst: boolean },
  target: PreprocessTarget,
): Promise<number[]> {
  const left: number[] = [];
  let next = 0;
  const nextBatch = (): DecodingBatch["images"] => {
    const batch: DecodingBatch["images"][number][] = [];
    for (; next < split.length && batch.length < BATCH; next++) {
      const source = split.image(next);
      if (source.kind === "file") {
        batch.push({ index: next, path: source.path, name: split.name(next) });
      } else left.push(next);
    }
    return batch;
  };
  const crew = new DecodingCrew(threads);
  const handOver = async () => {
    for (let images = nextBatch(); images.length > 0; images = nextBatch()) {
      const answer = await crew.decode({ images, options, stopAtFirst, digests: true });
      images.forEach(({ index }, at) => {
        const { pixels, digests } = answer, { size } = target;
        target.pixels.set(pixels.subarray(at * size, (at + 1) * size), index * size);
        const digest = digests.subarray(at * digestLength, (at + 1) * digestLength);
        target.digests.set(digest, index * digestLength);
      });
      for (const { index, reason } of answer.bad) target.refuse(index, reason);
      left.push(...answer.left);
      await target.report(images.length - answer.left.length);
    }
  };
  try {
    // more batches at a time than threads, so that none waits while this one looks after answers
    await Promise.all(Array.from({ length: BATCHES_EACH * threads }, handOver));
  } finally {
    crew.end();
  }
  return left.sort((a, b) => a - b);
}
