import { Worker } from "node:worker_threads";
import type { ControlBlock, WorkJob } from "./control_block.ts";

/** What a pool of threads is made of. */
export interface PoolOptions {
  readonly control: ControlBlock;
  /** The module that each worker runs: it tells `control` that it is ready, then waits for jobs. */
  readonly worker: URL;
  /** What the worker of a thread, counted from 1, is given. */
  readonly dataOf: (thread: number) => unknown;
  /** The calling thread's part of each job. */
  readonly ownPart: Readonly<Record<WorkJob, () => void>>;
  /** Milliseconds that a worker has to become ready; default a minute. */
  readonly startTime?: number;
  /** Milliseconds without a sign of life after which a worker counts as dead; default a minute. */
  readonly silence?: number;
}

/**
 * Threads over one shared memory. The thread that calls takes part as thread 0; the others are
 * workers that sleep in shared memory between two jobs. A worker that throws, ends, or never
 * becomes ready makes the call that needs it throw.
 */
export class ThreadPool {
  readonly #options: PoolOptions;
  readonly #workers: readonly Worker[];
  #failure: Error | undefined;
  #stopped = false;

  private constructor(options: PoolOptions, workers: readonly Worker[]) {
    this.#options = options;
    this.#workers = workers;
    workers.forEach((worker, i) => {
      worker.on("error", (error) => this.#fail(`thread ${i + 1} failed`, error));
      worker.on("exit", (code) => this.#fail(`thread ${i + 1} ended with code ${code}`));
      // a network that nobody disposed of must not keep the process alive
      worker.unref();
    });
  }

  /**
   * Starts the workers and waits until they are ready.
   * @throws Error if one fails, ends or is not ready in time; then none is left running
   */
  static async start(options: PoolOptions): Promise<ThreadPool> {
    const { control, worker, dataOf, startTime = 60_000 } = options;
    const workers = Array.from(
      { length: control.threads - 1 },
      (_, i) => new Worker(worker, { workerData: dataOf(i + 1) }),
    );
    try {
      await areReady(control, workers, startTime);
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw error;
    }
    return new ThreadPool(options, workers);
  }

  /**
   * Runs a job on all threads.
   * @param before what this thread does before its part, when the workers have begun
   * @returns the sums of the two numbers that the threads report
   * @throws Error if a worker has failed, in this job or before it
   */
  run(job: WorkJob, args: readonly number[], before: () => void = () => {}): [number, number] {
    const { control, ownPart, silence = 60_000 } = this.#options;
    if (this.#failure) throw this.#failure;
    if (this.#stopped) throw new Error("the thread pool has been stopped");
    control.start(job, args);
    try {
      before();
      ownPart[job]();
    } finally {
      // even if this thread throws: nobody may write to the memory after the call has ended
      this.#join(silence);
    }
    let first = 0, second = 0;
    for (let thread = 0; thread < control.threads; thread++) {
      const [a = 0, b = 0] = control.report(thread);
      first += a;
      second += b;
    }
    return [first, second];
  }

  /** Ends the workers. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.control.start("stop", []);
    for (const worker of this.#workers) worker.terminate();
  }

  #join(silence: number): void {
    try {
      this.#options.control.join(silence);
    } catch (error) {
      this.#fail((error as Error).message, error);
      throw this.#failure;
    }
  }

  /** The first failure counts: what comes after it follows from it. */
  #fail(reason: string, cause?: unknown): void {
    if (this.#stopped) return;
    this.#failure = new Error(`the thread pool has stopped: ${reason}`, { cause });
    this.stop();
  }
}

/**
 * Settles when all workers are ready, or one cannot become so. They tell it in shared memory: a
 * message that a worker posts right before it goes to sleep may never arrive.
 */
async function areReady(
  control: ControlBlock,
  workers: readonly Worker[],
  startTime: number,
): Promise<void> {
  let failure: Error | undefined;
  const fail = (thread: number, reason: string, cause?: unknown) =>
    failure ??= new Error(`thread ${thread} did not start: ${reason}`, { cause });
  const stopListening = workers.map((worker, i) => {
    const onError = (error: unknown) => fail(i + 1, (error as Error).message, error);
    const onExit = (code: number) => fail(i + 1, `it ended with code ${code}`);
    worker.on("error", onError).on("exit", onExit);
    return () => worker.off("error", onError).off("exit", onExit);
  });
  try {
    const end = performance.now() + startTime;
    while (!control.areReady()) {
      if (failure) throw failure;
      if (performance.now() > end) {
        throw new Error(`not all workers were ready after ${startTime} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    for (const stop of stopListening) stop();
  }
}
