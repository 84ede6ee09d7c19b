/**
 * Stopping a cell. A kernel that is stopped gets the signal SIGINT, on which Deno does nothing by itself, so
 * whatever takes long listens here. (With `"interrupt_mode": "message"` in its kernelspec a kernel would
 * forsake the cell instead, in the middle of a step.)
 */
import { deno } from "../util/platform.ts";
import { jupyter } from "./kernel.ts";

/** What ends a cell that was stopped. */
export class Stopped extends Error {
  /** By which this error is told from others. */
  override readonly name = "Stopped";

  /**
   * An error that ends a cell.
   * @param message says what was stopped, and how far it had come
   */
  constructor(message: string = "stopped") {
    super(message);
  }
}

let pending = new AbortController();
let isListening = false;

/**
 * A signal for the work that begins now. It is aborted when the reader presses Stop, or calls `stop()`;
 * work that begins afterwards has a signal of its own. Outside a notebook only `stop()` aborts it.
 */
export function stopSignal(): AbortSignal {
  if (jupyter && !isListening) {
    deno?.addSignalListener("SIGINT", stop);
    isListening = true;
  }
  return pending.signal;
}

/** Stops the work under way, as the button does. */
export function stop(): void {
  const stopped = pending;
  pending = new AbortController();
  stopped.abort(new Stopped());
}
