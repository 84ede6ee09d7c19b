import { clearTimeout, setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { Semaphore } from "../util/semaphore.ts";
import type { DecodedBatch, DecodingBatch } from "./decode_batch.ts";

/** More threads pay off only for so many images: each takes a tenth of a second to start. */
const MANY_IMAGES = 2000;

/** Threads that decode so many images, where nothing else is asked for. */
export function defaultDecodingThreads(images: number): number {
  return images > MANY_IMAGES ? Math.min(8, navigator.hardwareConcurrency) : 1;
}

/** Batches that a thread has: one to decode, and one so that it need not wait for more. */
export const BATCHES_EACH = 2;

/** Milliseconds without work after which the threads end. */
const IDLE_TIME = 10_000;

/**
 * Threads that read, decode and shrink image files. They start with the first batches, end when there has been no
 * work for a while, and keep the process alive only while they work.
 */
export class DecodingCrew {
  readonly #threads = new Set<DecodingThread>();
  readonly #permits: Semaphore;
  #batches = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param size the most threads that there are */
  constructor(readonly size: number) {
    this.#permits = new Semaphore(BATCHES_EACH * size);
  }

  /**
   * Has a batch decoded as soon as a thread is free for it.
   * @param signal stops a batch that no thread has yet
   * @throws {Error} if the thread ends by itself, or on an error that is no fault of an image
   */
  async decode(batch: DecodingBatch, signal?: AbortSignal): Promise<DecodedBatch> {
    clearTimeout(this.#idle);
    this.#batches++;
    try {
      return await this.#permits.run(() => {
        signal?.throwIfAborted();
        return this.#send(batch);
      });
    } finally {
      if (--this.#batches === 0) this.#rest();
    }
  }

  async #send(batch: DecodingBatch): Promise<DecodedBatch> {
    let thread: DecodingThread | undefined;
    for (const one of this.#threads) {
      if (one.hasEnded) this.#threads.delete(one);
      else if (thread === undefined || one.batches < thread.batches) thread = one;
    }
    if (thread === undefined || (thread.batches > 0 && this.#threads.size < this.size)) {
      this.#threads.add(thread = new DecodingThread());
    }
    return await thread.send(batch);
  }

  #rest(): void {
    if (this.#threads.size === 0) return;
    this.#idle = setTimeout(() => this.end(), IDLE_TIME).unref();
  }

  /** Ends the threads, with an error for each batch that they still have. The next batch starts new ones. */
  end(): void {
    clearTimeout(this.#idle);
    for (const thread of this.#threads) thread.end();
    this.#threads.clear();
  }
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
  #hasEnded = false;

  constructor() {
    this.#worker.unref();
    this.#worker.on("message", (answer: DecodingAnswer) => {
      const batch = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if ("error" in answer) batch?.reject(new Error(answer.error));
      else batch?.resolve(answer);
    });
    this.#worker.on("error", ({ message }: Error) => this.#fail(message));
    this.#worker.on("exit", (code) => this.#fail(`exit ${code}`));
  }

  #fail(why: string): void {
    this.#hasEnded = true;
    const error = new Error(`a thread that decodes images ended: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** Batches that are not answered yet. */
  get batches(): number {
    return this.#waiting.size;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(batch: DecodingBatch): Promise<DecodedBatch> {
    const answer = Promise.withResolvers<DecodedBatch>();
    if (this.#waiting.size === 0) this.#worker.ref();
    this.#waiting.set(++this.#id, answer);
    this.#worker.postMessage({ ...batch, id: this.#id });
    return answer.promise;
  }

  end(): void {
    this.#worker.removeAllListeners();
    this.#worker.terminate();
    this.#fail("it is not needed any more");
  }
}
