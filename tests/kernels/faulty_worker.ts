/** A worker of a thread pool that goes wrong in the way that it is told to. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { ControlBlock } from "../../lib/kernels/control_block.ts";

export type Fault =
  | "none"
  | "throws"
  | "ends"
  | "ends later"
  | "ends while idle"
  | "is silent"
  | "is slow"
  | "never ready"
  | "no start";

/** What the worker is given. */
export interface FaultyWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly thread: number;
  /** What goes wrong with thread 1; the others are sound. */
  readonly fault: Fault;
}

/** Time passes for this thread alone. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function assignment(data: FaultyWorkerData): Promise<void> {
  const { memory, threads, thread } = data;
  const fault = thread === 1 ? data.fault : "none";
  if (fault === "no start") throw new Error("this worker does not start");
  if (fault === "never ready") return;
  const control = new ControlBlock(memory, 0, threads);
  await control.ready();
  for (let seen = 0;;) {
    const { number, job } = control.next(seen);
    seen = number;
    if (job === "stop") {
      if (fault === "ends while idle") setTimeout(() => process.exit(0), 50);
      return;
    }
    if (fault === "throws") control.fail("thread 1 failed: the numbers are bad");
    if (fault === "ends") process.exit(0);
    if (fault === "is silent") sleep(60_000);
    for (let beat = 0; fault === "is slow" && beat < 30; beat++) {
      sleep(50);
      control.beat(thread);
    }
    const [a = 0, b = 0] = control.arguments();
    control.report(thread).set([a * thread, b]);
    control.done();
    if (fault === "ends later") process.exit(3);
  }
}

parentPort!.on("message", assignment);
