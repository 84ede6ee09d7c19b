/**
 * Stopping a cell. A kernel that is stopped gets the signal SIGINT, on which Deno does nothing by itself, so
 * whatever takes long listens here. (With `"interrupt_mode": "message"` in its kernelspec a kernel would
 * forsake the cell instead, in the middle of a step.)
 */
import { Stopped } from "../runs/stopped.ts";
import { deno } from "../util/platform.ts";
import { jupyter } from "./kernel.ts";

export { Stopped };

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
