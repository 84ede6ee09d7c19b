import { environment, errorCode } from "../util/platform.ts";
import { checkThreads } from "./thread_count.ts";

/**
 * Threads that the kernels take where none are asked for: what the environment variable LENET_THREADS
 * says, else 1, 2 or 4, as many as there are cores for. Both the hand-written system's kernels and the
 * kernels backend of TensorFlow.js take them, so `LENET_THREADS=1` holds a whole process to one thread.
 * @throws RangeError if LENET_THREADS is not a whole number from 1 to `MOST_THREADS`
 */
export function defaultThreads(): number {
  const asked = ifAllowed("LENET_THREADS");
  if (asked) {
    checkThreads(asked, "LENET_THREADS");
    return Number(asked);
  }
  const cores = navigator.hardwareConcurrency;
  return cores >= 4 ? 4 : cores >= 2 ? 2 : 1;
}

/** A variable of the environment, undefined where the process may not look. */
function ifAllowed(name: string): string | undefined {
  try {
    return environment(name);
  } catch (error) {
    if (errorCode(error) === "NotCapable") return undefined;
    throw error;
  }
}
