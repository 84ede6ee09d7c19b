/** Threads of Deno and Node.js: workers of `node:worker_threads`. */
import { Worker } from "node:worker_threads";
import type { StartThread } from "./tensor_thread_pool.ts";

/** Starts a worker that does not keep the process alive. */
export const startNodeThread: StartThread = async (data, died) => {
  const url = new URL("./node_worker.ts", import.meta.url);
  const worker = new Worker(url, { workerData: data });
  await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  let stopped = false;
  worker.on("error", died);
  worker.on("exit", (code) => {
    if (!stopped) died(`exit ${code}`);
  });
  worker.unref();
  return {
    stop() {
      stopped = true;
      worker.terminate();
    },
  };
};
