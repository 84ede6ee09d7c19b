import { Worker } from "node:worker_threads";
import type { Split } from "../data/dataset.ts";
import type { DecodedBatch, DecodingBatch } from "./decode_batch.ts";
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
  const crew: DecodingThread[] = [];
  const handOver = async (thread: DecodingThread, first: DecodingBatch["images"]) => {
    for (let images = first; images.length > 0; images = nextBatch()) {
      const answer = await thread.send({ images, options, stopAtFirst });
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
    const work: Promise<void>[] = [];
    for (let t = 0; t < threads; t++) {
      const first = nextBatch();
      if (first.length === 0) break;
      const thread = new DecodingThread();
      crew.push(thread);
      // Two batches, so that the thread has work while this one looks after its last answer.
      work.push(handOver(thread, first), handOver(thread, nextBatch()));
    }
    await Promise.all(work);
  } finally {
    for (const thread of crew) thread.end();
  }
  return left.sort((a, b) => a - b);
}

/** An answer, or what went wrong, of the batch with a number. */
export type DecodingAnswer =
  & { readonly id: number }
  & (DecodedBatch | { readonly error: string });

/** A thread that decodes batches. */
class DecodingThread {
  readonly #worker = new Worker(new URL("./decoding_worker.ts", import.meta.url));
  readonly #waiting = new Map<number, PromiseWithResolvers<DecodedBatch>>();
  #id = 0;

  constructor() {
    this.#worker.on("message", (answer: DecodingAnswer) => {
      const batch = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) batch?.reject(new Error(answer.error));
      else batch?.resolve(answer);
    });
    const ended = (why: unknown) => {
      const error = new Error(`a thread that decodes images ended: ${why}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    this.#worker.on("error", ({ message }: Error) => ended(message));
    this.#worker.on("exit", (code) => ended(`exit ${code}`));
  }

  send(batch: DecodingBatch): Promise<DecodedBatch> {
    const answer = Promise.withResolvers<DecodedBatch>();
    this.#waiting.set(++this.#id, answer);
    this.#worker.postMessage({ ...batch, id: this.#id });
    return answer.promise;
  }

  /** Ends the thread; batches that it still has are never answered. */
  end(): void {
    this.#worker.removeAllListeners();
    this.#worker.terminate();
  }
}
