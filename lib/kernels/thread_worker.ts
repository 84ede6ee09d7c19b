/** A worker of thread pools: each message is an assignment, in which it sleeps in shared memory until there is a job. */
import { parentPort } from "node:worker_threads";
import { ControlBlock } from "./control_block.ts";
import { ThreadJobs } from "./thread_jobs.ts";
import { instantiateKernels } from "./kernel_module.ts";
import { layOut } from "./memory_layout.ts";
import type { Plan } from "./kernel_plan.ts";

/** What a worker is given to work on. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly plan: Plan;
  readonly threads: number;
  readonly thread: number;
}

/**
 * One assignment. What it works on is held by this call alone, so that a worker that waits for the next one
 * keeps no network's memory.
 */
async function work({ module, memory, plan, threads, thread }: WorkerData): Promise<void> {
  const layout = layOut(plan, threads);
  const control = new ControlBlock(memory, layout.control, threads);
  const kernels = instantiateKernels(module, memory);
  const jobs = new ThreadJobs(kernels, memory, layout, control, thread);
  await control.ready();
  for (let seen = 0;;) {
    const { number, job } = control.next(seen);
    seen = number;
    if (job === "stop") return;
    try {
      jobs[job]();
    } catch (error) {
      control.fail(`thread ${thread} failed: ${(error as Error).stack ?? error}`);
    }
    control.done();
  }
}

parentPort!.on("message", work);
