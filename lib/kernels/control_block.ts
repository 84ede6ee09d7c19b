/**
 * The words in shared memory through which the calling thread, number 0, and the workers of a
 * thread pool talk to each other.
 */

/** What the threads can be told to do. */
export type Job = "stop" | "gradient" | "update" | "predict";
/** A job that computes something. */
export type WorkJob = Exclude<Job, "stop">;
const jobs: readonly Job[] = ["stop", "gradient", "update", "predict"];

/** Indices of 32-bit words. DONE stands in a cache line of its own. */
const [GO, JOB, FAILED, MESSAGE_BYTES, READY, DONE] = [0, 1, 2, 3, 4, 16];
/** A job's arguments start at this byte, as doubles. */
const ARGUMENTS = 128, MOST_ARGUMENTS = 8;
/** What went wrong, in UTF-8. */
const MESSAGE = ARGUMENTS + 8 * MOST_ARGUMENTS, MESSAGE_ROOM = 448;
/** Then a cache line for each thread: two doubles to report, and its heartbeat, a 32-bit word. */
const THREADS = MESSAGE + MESSAGE_ROOM, THREAD_BYTES = 64, HEARTBEAT = 16;
/** Looking again beats sleeping while the wait is short: waking up takes ten times as long. */
const SPINS = 20_000;

/** The control block in shared memory, as one side of it sees it. */
export class ControlBlock {
  readonly #words: Int32Array;
  readonly #arguments: Float64Array;
  readonly #message: Uint8Array;
  readonly #reports: readonly Float64Array[];
  readonly #heartbeats: readonly Int32Array[];

  /** @param at address of a multiple of 64 bytes, where all is zero at first */
  constructor(memory: WebAssembly.Memory, at: number, readonly threads: number) {
    const { buffer } = memory;
    const starts = Array.from({ length: threads }, (_, i) => at + THREADS + i * THREAD_BYTES);
    this.#words = new Int32Array(buffer, at, ARGUMENTS / 4);
    this.#arguments = new Float64Array(buffer, at + ARGUMENTS, MOST_ARGUMENTS);
    this.#message = new Uint8Array(buffer, at + MESSAGE, MESSAGE_ROOM);
    this.#reports = starts.map((start) => new Float64Array(buffer, start, 2));
    this.#heartbeats = starts.map((start) => new Int32Array(buffer, start + HEARTBEAT, 1));
  }

  /** Bytes that a control block for some threads takes. */
  static bytes(threads: number): number {
    return THREADS + threads * THREAD_BYTES;
  }

  /** Thread 0: starts a job on all workers. */
  start(job: Job, args: readonly number[]): void {
    this.#arguments.set(args);
    this.#words[JOB] = jobs.indexOf(job);
    Atomics.store(this.#words, DONE, 0);
    Atomics.add(this.#words, GO, 1);
    Atomics.notify(this.#words, GO);
  }

  /**
   * Thread 0: waits until all workers have done the job.
   * @param silence milliseconds after which workers that show no sign of life count as dead
   * @throws Error if a worker failed, or if none of those that are awaited is heard of any more
   */
  join(silence: number): void {
    const others = this.threads - 1;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(this.#words, DONE) === others) break;
    }
    const slice = Math.min(1000, silence);
    for (let silent = 0, heard = this.#signs();;) {
      const done = Atomics.load(this.#words, DONE);
      if (done === others) break;
      if (Atomics.wait(this.#words, DONE, done, slice) !== "timed-out") continue;
      const signs = this.#signs();
      silent = signs === heard ? silent + slice : 0;
      heard = signs;
      if (silent >= silence) {
        const seconds = Math.round(silence / 1000);
        throw new Error(`${others - done} of ${others} workers were silent for ${seconds} s`);
      }
    }
    if (Atomics.load(this.#words, FAILED) !== 0) throw new Error(this.#failure());
  }

  /**
   * A worker: is ready, and waits until all are. It must not block its thread before: while one
   * sleeps in shared memory, Deno may not get another one started.
   */
  async ready(): Promise<void> {
    Atomics.add(this.#words, READY, 1);
    while (!this.areReady()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Whether all workers are ready for jobs. */
  areReady(): boolean {
    return Atomics.load(this.#words, READY) === this.threads - 1;
  }

  /** A worker: waits for the next job after number `seen`. */
  next(seen: number): { readonly number: number; readonly job: Job } {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(this.#words, GO) !== seen) break;
    }
    while (Atomics.load(this.#words, GO) === seen) Atomics.wait(this.#words, GO, seen);
    return { number: Atomics.load(this.#words, GO), job: jobs[this.#words[JOB]!]! };
  }

  /** A worker: has done its part. */
  done(): void {
    Atomics.add(this.#words, DONE, 1);
    Atomics.notify(this.#words, DONE);
  }

  /** A worker: could not do its part, and says why; the first to fail is heard. */
  fail(message: string): void {
    if (Atomics.compareExchange(this.#words, FAILED, 0, 1) !== 0) return;
    const room = new Uint8Array(MESSAGE_ROOM); // no text is encoded into shared memory
    const { written } = new TextEncoder().encodeInto(message, room);
    this.#message.set(room);
    this.#words[MESSAGE_BYTES] = written;
  }

  /** A worker shows between two stretches of work that it is alive. */
  beat(thread: number): void {
    Atomics.add(this.#heartbeats[thread]!, 0, 1);
  }

  /** The job's arguments. */
  arguments(): Float64Array {
    return this.#arguments;
  }

  /** What a thread reports: two numbers. */
  report(thread: number): Float64Array {
    return this.#reports[thread]!;
  }

  /** Changes as long as a worker is alive. */
  #signs(): number {
    return this.#heartbeats.reduce((sum, beats) => sum + Atomics.load(beats, 0), 0);
  }

  #failure(): string {
    return new TextDecoder().decode(this.#message.slice(0, this.#words[MESSAGE_BYTES]));
  }
}
