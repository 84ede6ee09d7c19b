/** A worker of the thread pool: sleeps in shared memory until there is a job. */
import { workerData } from "node:worker_threads";
import { ControlBlock } from "./control_block.ts";
import { ThreadJobs } from "./thread_jobs.ts";
import { instantiateKernels } from "./kernel_module.ts";
import { layOut } from "./memory_layout.ts";
import type { Plan } from "./kernel_plan.ts";

/** What a worker is given. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly plan: Plan;
  readonly threads: number;
  readonly thread: number;
}

const { module, memory, plan, threads, thread } = workerData as WorkerData;
const layout = layOut(plan, threads);
const control = new ControlBlock(memory, layout.control, threads);
const jobs = new ThreadJobs(
  ...[instantiateKernels(module, memory), memory, layout, control, thread] as const,
);
await control.ready();
for (let seen = 0;;) {
  const { number, job } = control.next(seen);
  seen = number;
  if (job === "stop") break;
  try {
    jobs[job]();
  } catch (error) {
    control.fail(`thread ${thread} failed: ${(error as Error).stack ?? error}`);
  }
  control.done();
}
