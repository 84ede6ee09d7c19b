import type { Worker } from "node:worker_threads";
import type { ControlBlock, WorkJob } from "./control_block.ts";
import { giveWorkerBack, takeWorker } from "./worker_reserve.ts";

/** What a pool of threads is made of. */
export interface PoolOptions {
  readonly control: ControlBlock;
  /**
   * The module that each worker runs. For each message it tells `control` that it is ready, does jobs until it is
   * told to stop, and then waits for the next message: of this pool, or of a later one.
   */
  readonly worker: URL;
  /** The message to the worker of a thread, counted from 1. */
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
  readonly #stopListening: (() => void)[];
  #failure: Error | undefined;
  #stopped = false;

  private constructor(options: PoolOptions, workers: readonly Worker[]) {
    this.#options = options;
    this.#workers = workers;
    this.#stopListening = workers.map((worker, i) =>
      listen(worker, {
        error: (error) => this.#fail(`thread ${i + 1} failed`, error),
        exit: (code) => this.#fail(`thread ${i + 1} ended with code ${code}`),
      })
    );
  }

  /**
   * Takes workers that wait, or starts new ones, and waits until they are ready.
   * @throws Error if one fails, ends or is not ready in time; then none is left running
   */
  static async start(options: PoolOptions): Promise<ThreadPool> {
    const { control, worker, dataOf, startTime = 60_000 } = options;
    const workers = Array.from({ length: control.threads - 1 }, () => takeWorker(worker));
    try {
      workers.forEach((worker, i) => worker.postMessage(dataOf(i + 1)));
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

  /** Lets the workers go: they wait for the next pool, or end if one of them has failed. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const stop of this.#stopListening) stop();
    this.#options.control.start("stop", []);
    for (const worker of this.#workers) {
      if (this.#failure) worker.terminate();
      else giveWorkerBack(this.#options.worker, worker);
    }
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

/** What is called when a worker fails or ends. */
interface WorkerListener {
  readonly error: (error: unknown) => void;
  readonly exit: (code: number) => void;
}

/** @returns what ends the listening */
function listen(worker: Worker, { error, exit }: WorkerListener): () => void {
  worker.on("error", error).on("exit", exit);
  return () => worker.off("error", error).off("exit", exit);
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
  const stopListening = workers.map((worker, i) =>
    listen(worker, {
      error: (error) => fail(i + 1, (error as Error).message, error),
      exit: (code) => fail(i + 1, `it ended with code ${code}`),
    })
  );
  try {
    const end = performance.now() + startTime;
    while (!control.areReady()) {
      if (failure) throw failure;
      if (performance.now() > end) {
        throw new Error(`not all workers were ready after ${startTime} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    for (const stop of stopListening) stop();
  }
}
