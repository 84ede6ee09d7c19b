/** A worker that takes a part of a job and never finishes it: for a test of the threads. */
import { parentPort, workerData } from "node:worker_threads";
import { JobBlock } from "../../../lib/kernels/tensor/job_block.ts";
import type { ThreadData } from "../../../lib/kernels/tensor/thread_loop.ts";

const { memory, jobBlock } = workerData as ThreadData;
const block = new JobBlock(memory.buffer, jobBlock);
parentPort!.postMessage("ready");
while (block.waitForJob()) {
  if (block.claim()) break;
}
