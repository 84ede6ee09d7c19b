/** A thread of the tensor kernels as a worker of `node:worker_threads`. */
import { parentPort, workerData } from "node:worker_threads";
import { type ThreadData, workOnJobs } from "./thread_loop.ts";

workOnJobs(workerData as ThreadData, () => parentPort!.postMessage("ready"));
