/**
 * Workers that have nothing to do and wait for the next thread pool. A worker takes a tenth of a second to
 * start in a script, and half a second in a notebook's kernel, which is longer than a short training.
 */
import { Worker } from "node:worker_threads";

/** More than these are ended; a pool for four threads has three workers. */
export const MOST_IDLE = 8;

interface Idle {
  readonly url: string;
  readonly worker: Worker;
  /** Called when it ends while it waits. */
  readonly forget: () => void;
}

const idle: Idle[] = [];

/**
 * A worker of a module that waits for messages, one for each assignment: an idle one, else a new one. It does
 * not keep the process alive.
 */
export function takeWorker(url: URL): Worker {
  const at = idle.findIndex((one) => one.url === url.href);
  if (at < 0) {
    const worker = new Worker(url);
    worker.unref();
    return worker;
  }
  const [{ worker, forget }] = idle.splice(at, 1) as [Idle];
  worker.off("error", forget).off("exit", forget);
  return worker;
}

/** Takes back a worker that has done its assignment; one that has failed in any way must be ended instead. */
export function giveWorkerBack(url: URL, worker: Worker): void {
  if (idle.length >= MOST_IDLE) {
    worker.terminate();
    return;
  }
  const forget = () => {
    const at = idle.findIndex((one) => one.worker === worker);
    if (at >= 0) idle.splice(at, 1);
  };
  worker.on("error", forget).on("exit", forget);
  idle.push({ url: url.href, worker, forget });
}

/** How many workers wait. */
export function idleWorkers(): number {
  return idle.length;
}
