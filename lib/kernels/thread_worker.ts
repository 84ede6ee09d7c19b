/** A thread of the crew: sleeps in shared memory until there is a job. */
import { parentPort, workerData } from "node:worker_threads";
import { Control } from "./control_block.ts";
import { CrewMember } from "./thread_jobs.ts";
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
const control = new Control(memory, layout.control, threads);
const member = new CrewMember(
  ...[instantiateKernels(module, memory), memory, layout, control, thread] as const,
);
parentPort!.postMessage("ready");
for (let seen = 0;;) {
  const { number, job } = control.next(seen);
  seen = number;
  if (job === "stop") break;
  try {
    member[job]();
  } catch (error) {
    console.error(error);
    control.fail();
  }
  control.done();
}
