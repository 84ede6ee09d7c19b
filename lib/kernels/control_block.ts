/**
 * Threads over one shared memory. The thread that calls takes part as thread 0; the others are
 * workers that sleep in shared memory between two jobs.
 */

/** What the threads can be told to do. */
export type Job = "stop" | "gradient" | "update" | "predict";
const jobs: readonly Job[] = ["stop", "gradient", "update", "predict"];

/** Words of the control block. */
const [GO, JOB, FAILED, DONE] = [0, 1, 2, 16];
/** Arguments of a job, and what threads report, as doubles from this index on. */
const [ARGUMENTS, REPORTS] = [16, 24];

/** The control block in shared memory, as one side of it sees it. */
export class Control {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  constructor(memory: WebAssembly.Memory, at: number, readonly threads: number) {
    this.#words = new Int32Array(memory.buffer, at, 32);
    this.#numbers = new Float64Array(memory.buffer, at, REPORTS + 2 * threads);
  }

  /** Floats that a control block for some threads takes. */
  static floats(threads: number): number {
    return 2 * (REPORTS + 2 * threads);
  }

  /** Thread 0: starts a job on all other threads. */
  start(job: Job, args: readonly number[]): void {
    this.#numbers.set(args, ARGUMENTS);
    this.#words[JOB] = jobs.indexOf(job);
    Atomics.store(this.#words, DONE, 0);
    Atomics.add(this.#words, GO, 1);
    Atomics.notify(this.#words, GO);
  }

  /** Thread 0: waits until all others have done the job. @throws Error if one of them failed */
  join(): void {
    this.#wait();
    if (Atomics.load(this.#words, FAILED) !== 0) throw new Error("a thread failed; see above");
  }

  #wait(): void {
    const others = this.threads - 1;
    // threads finish almost together: looking again beats sleeping, which takes ten times as long
    for (let spin = 0; spin < 20_000; spin++) {
      if (Atomics.load(this.#words, DONE) === others) return;
    }
    for (;;) {
      const done = Atomics.load(this.#words, DONE);
      if (done === others) return;
      Atomics.wait(this.#words, DONE, done, 1000);
    }
  }

  /** Another thread: waits for the next job after number `seen`. */
  next(seen: number): { readonly number: number; readonly job: Job } {
    for (let spin = 0; spin < 20_000; spin++) {
      if (Atomics.load(this.#words, GO) !== seen) break;
    }
    while (Atomics.load(this.#words, GO) === seen) Atomics.wait(this.#words, GO, seen);
    return { number: Atomics.load(this.#words, GO), job: jobs[this.#words[JOB]!]! };
  }

  /** Another thread: has done its part. */
  done(): void {
    Atomics.add(this.#words, DONE, 1);
    Atomics.notify(this.#words, DONE);
  }

  /** Another thread: could not do its part; nor can the crew any more. */
  fail(): void {
    Atomics.store(this.#words, FAILED, 1);
  }

  /** The job's arguments. */
  arguments(): Float64Array {
    return this.#numbers.subarray(ARGUMENTS, REPORTS);
  }

  /** What a thread reports: two numbers. */
  report(thread: number): Float64Array {
    return this.#numbers.subarray(REPORTS + 2 * thread, REPORTS + 2 * thread + 2);
  }
}
