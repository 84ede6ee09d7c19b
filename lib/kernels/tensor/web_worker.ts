/** A thread of the tensor kernels as a web worker: its first message is what it works on. */
import { type ThreadData, workOnJobs } from "./thread_loop.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ThreadData>) => void) | null;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data }) => workOnJobs(data, () => scope.postMessage("ready"));
