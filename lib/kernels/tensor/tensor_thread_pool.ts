import { JobBlock, MOST_PARTS } from "./job_block.ts";
import { instantiate, type Jobs, type ThreadData } from "./thread_loop.ts";

/** What all threads have in common. */
type SharedData = Omit<ThreadData, "thread">;

/** A thread beside the first one. */
export interface ThreadHandle {
  stop(): void;
}

/**
 * Starts a thread that runs `workOnJobs(data)`: `node_threads.ts` and `web_threads.ts` have one each.
 * @param died to be called when the thread ends before it was stopped
 */
export type StartThread = (
  data: ThreadData,
  died: (reason: unknown) => void,
) => Promise<ThreadHandle>;

/** Whether this thread may sleep; a page's main thread may not. */
function canSleepHere(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Threads that share jobs; the one that calls `run` takes part. */
export class ThreadPool {
  readonly #block: JobBlock | undefined;
  readonly #handles: ThreadHandle[] = [];
  readonly #canSleep: boolean;
  #broken: string | undefined;

  private constructor(readonly jobs: Jobs, data: SharedData, readonly patience: number) {
    const { buffer } = data.memory;
    const isShared = typeof SharedArrayBuffer !== "undefined" &&
      buffer instanceof SharedArrayBuffer;
    this.#block = isShared ? new JobBlock(buffer, data.jobBlock) : undefined;
    this.#canSleep = isShared && canSleepHere();
  }

  /**
   * @param threads the calling one included; more than one need shared memory
   * @param patience milliseconds after which a thread that does not finish its part counts as dead
   */
  static async start(
    data: SharedData,
    threads: number,
    startThread: StartThread | undefined,
    patience = 60_000,
  ): Promise<ThreadPool> {
    const pool = new ThreadPool(instantiate(data.module, data.memory), data, patience);
    if (threads > 1 && (startThread === undefined || pool.#block === undefined)) {
      throw new Error("more than one thread needs shared memory and a way to start threads");
    }
    const died = (reason: unknown) => pool.#broken ??= `a thread ended: ${reason}`;
    try {
      for (let thread = 1; thread < threads; thread++) {
        pool.#handles.push(await startThread!({ ...data, thread }, died));
      }
    } catch (error) {
      pool.stop();
      throw error;
    }
    return pool;
  }

  /** Threads, the calling one included. */
  get threads(): number {
    return this.#handles.length + 1;
  }

  /**
   * Computes parts 0 to `parts` − 1 of a job; returns when all are done.
   * @param job number of an export whose arguments are those of a `Job`
   * @throws Error if a thread failed or does not answer; nothing can be run after that
   */
  run(job: number, descriptor: number, parts: number): void {
    if (this.#broken !== undefined) throw new Error(this.#broken);
    const kernel = this.jobs.functions[job]!;
    const block = this.#block;
    if (parts <= 1 || this.#handles.length === 0 || block === undefined) {
      for (let part = 0; part < parts; part++) kernel(descriptor, part, 0);
      return;
    }
    if (parts > MOST_PARTS) throw new RangeError(`${parts} parts, at most ${MOST_PARTS}`);
    block.publish(job, descriptor, parts);
    let others = parts;
    let failure: unknown;
    for (let claim = block.claim(); claim; claim = block.claim()) {
      try {
        others--;
        kernel(descriptor, claim.part, 0);
      } catch (error) {
        failure ??= error;
      }
    }
    if (others > 0 && !block.waitForOthers(others, this.#canSleep, this.patience)) {
      this.#broken = `a thread has not finished its part in ${this.patience} ms`;
    } else if (block.failed) this.#broken = "a thread failed; see above";
    if (this.#broken !== undefined) throw new Error(this.#broken);
    if (failure !== undefined) throw failure;
  }

  /** Ends the other threads. */
  stop(): void {
    this.#broken = "the kernels have been disposed of";
    this.#block?.stop();
    for (const handle of this.#handles.splice(0)) handle.stop();
  }
}
