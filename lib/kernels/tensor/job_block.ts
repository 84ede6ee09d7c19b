/**
 * How threads share out a job: a block in memory that all of them see. A job is cut into parts; whoever is
 * free takes the next one. Which thread computes a part changes nothing of its result.
 *
 * The word CLAIM counts the jobs and, in its low bits, the parts of this one that nobody has taken. A thread
 * reads the job and then takes a part by exchanging that word; if another job has begun meanwhile, the
 * exchange fails. So a thread that wakes up late never computes a part of a job that it has not read, and
 * while the first thread describes a job there is nothing to take.
 */

/** Bytes of a block. */
export const JOB_BLOCK_BYTES = 512;

/** Most parts of a job. */
export const MOST_PARTS = 4095;

// words of the block; those that are written while others read them stand 64 bytes apart
const [CLAIM, DONE, SLEEPING, PARTS, JOB, DESCRIPTOR, STATE] = [0, 16, 32, 48, 49, 50, 64];
const [RUNNING, FAILED, STOPPED] = [0, 1, 2];
const PART_BITS = 12;
/** How often a thread looks again before it sleeps. */
const SPINS = 4000;

/** Tells the processor that this thread only waits, where the engine knows how. */
const pause = (Atomics as { pause?: () => void }).pause ?? (() => {});

/** A job as a thread gets to know it. */
export interface Claim {
  readonly job: number;
  readonly descriptor: number;
  readonly part: number;
}

/** One thread's view of the block. */
export class JobBlock {
  readonly #words: Int32Array;

  /** @param at multiple of 64; JOB_BLOCK_BYTES of zeros when the first thread comes */
  constructor(buffer: ArrayBufferLike, at: number) {
    this.#words = new Int32Array(buffer, at, JOB_BLOCK_BYTES / 4);
  }

  /** The first thread: publishes a job; all parts of the one before are done. */
  publish(job: number, descriptor: number, parts: number): void {
    const words = this.#words;
    words[JOB] = job;
    words[DESCRIPTOR] = descriptor;
    words[PARTS] = parts;
    Atomics.store(words, DONE, 0);
    const count = (Atomics.load(words, CLAIM) >> PART_BITS) + 1;
    Atomics.store(words, CLAIM, count << PART_BITS | parts);
    if (Atomics.load(words, SLEEPING) > 0) Atomics.notify(words, CLAIM);
  }

  /** Takes the next part; undefined if there is none. */
  claim(): Claim | undefined {
    const words = this.#words;
    for (;;) {
      const seen = Atomics.load(words, CLAIM);
      const left = seen & MOST_PARTS;
      if (left === 0) return undefined;
      const job = words[JOB]!, descriptor = words[DESCRIPTOR]!, part = words[PARTS]! - left;
      if (Atomics.compareExchange(words, CLAIM, seen, seen - 1) === seen) {
        return { job, descriptor, part };
      }
    }
  }

  /** Another thread: has done a part. */
  done(): void {
    Atomics.add(this.#words, DONE, 1);
    Atomics.notify(this.#words, DONE);
  }

  /** Another thread: could not do its part. */
  fail(): void {
    Atomics.store(this.#words, STATE, FAILED);
  }

  get failed(): boolean {
    return Atomics.load(this.#words, STATE) === FAILED;
  }

  /** The first thread: no more jobs. */
  stop(): void {
    Atomics.store(this.#words, STATE, STOPPED);
    Atomics.add(this.#words, CLAIM, 1 << PART_BITS);
    Atomics.notify(this.#words, CLAIM);
  }

  /**
   * The first thread: waits until the others have done `parts` parts.
   * @param canSleep false where this thread must not block, as a page's main thread
   * @param patience milliseconds without any progress after which it gives up
   * @returns whether they have
   */
  waitForOthers(parts: number, canSleep: boolean, patience: number): boolean {
    const words = this.#words;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(words, DONE) === parts) return true;
      pause();
    }
    let seen = Atomics.load(words, DONE), since = performance.now();
    while (seen !== parts) {
      if (canSleep) Atomics.wait(words, DONE, seen, patience);
      const now = Atomics.load(words, DONE);
      if (now !== seen) [seen, since] = [now, performance.now()];
      else if (performance.now() - since >= patience) return false;
    }
    return true;
  }

  /** Another thread: sleeps until there may be something to do. @returns false when there never will */
  waitForJob(): boolean {
    const words = this.#words;
    const seen = Atomics.load(words, CLAIM);
    if ((seen & MOST_PARTS) !== 0) return true;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(words, CLAIM) !== seen) return this.#running;
      pause();
    }
    Atomics.add(words, SLEEPING, 1);
    Atomics.wait(words, CLAIM, seen);
    Atomics.sub(words, SLEEPING, 1);
    return this.#running;
  }

  get #running(): boolean {
    return Atomics.load(this.#words, STATE) === RUNNING;
  }
}
