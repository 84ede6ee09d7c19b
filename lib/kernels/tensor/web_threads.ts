/** Threads of a page: web workers, for which it must be cross-origin isolated. */
import type { StartThread } from "./tensor_thread_pool.ts";

/**
 * A way to start threads as web workers.
 * @param url of a module that is, or bundles, `web_worker.ts`; a blob's will do
 */
export function webThreads(url: string | URL): StartThread {
  return async (data, died) => {
    const worker = new Worker(url, { type: "module" });
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`a worker did not start: ${event.message}`));
      };
      worker.postMessage(data);
    });
    worker.onerror = (event) => died(event.message);
    return { stop: () => worker.terminate() };
  };
}
