/** A thread pool does its work, and whatever happens to a worker ends in an error, never in waiting. */
import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { ControlBlock } from "../../lib/kernels/control_block.ts";
import { type PoolOptions, ThreadPool } from "../../lib/kernels/thread_pool.ts";
import { idleWorkers, MOST_IDLE } from "../../lib/kernels/worker_reserve.ts";
import type { Fault, FaultyWorkerData } from "./faulty_worker.ts";

const times = { startTime: 20_000, silence: 800 };

function start(fault: Fault, options: Partial<PoolOptions> = {}): Promise<ThreadPool> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const threads = 3, control = new ControlBlock(memory, 0, threads);
  const part = () => control.report(0).set([1000, 1]);
  return ThreadPool.start({
    control,
    worker: new URL("./faulty_worker.ts", import.meta.url),
    dataOf: (thread): FaultyWorkerData => ({ memory, threads, thread, fault }),
    ownPart: { gradient: part, update: part, predict: part },
    ...times,
    ...options,
  });
}

Deno.test("a job runs on all threads, and their reports are added", async () => {
  const pool = await start("none");
  const order: string[] = [];
  assert.deepEqual(pool.run("predict", [10, 5], () => order.push("before")), [1030, 11]);
  assert.deepEqual(pool.run("gradient", [1, 0]), [1003, 1]);
  assert.deepEqual(order, ["before"]);
  pool.stop();
  pool.stop();
  assertThrows(() => pool.run("predict", []), Error, "the thread pool has been stopped");
});

Deno.test("a worker that throws in a job makes this run and each later one throw", async () => {
  const pool = await start("throws");
  for (let i = 0; i < 2; i++) {
    const message = "the thread pool has stopped: thread 1 failed: the numbers are bad";
    assertThrows(() => pool.run("predict", [1, 1]), Error, message);
  }
});

Deno.test("a worker that ends during a job, or hangs, is noticed by its silence", async () => {
  for (const fault of ["ends", "is silent"] as const) {
    const pool = await start(fault);
    const message = "the thread pool has stopped: 1 of 2 workers were silent";
    assertThrows(() => pool.run("predict", [1, 1]), Error, message);
  }
});

Deno.test("a worker that is slow but shows signs of life is waited for", async () => {
  const pool = await start("is slow");
  assert.deepEqual(pool.run("predict", [10, 5]), [1030, 11]);
  pool.stop();
});

Deno.test("a worker that has ended between two jobs is not waited for", async () => {
  const pool = await start("ends later");
  assert.deepEqual(pool.run("predict", [10, 5]), [1030, 11]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = performance.now();
  assertThrows(() => pool.run("predict", [1, 1]), Error, "thread 1 ended with code 3");
  assert(performance.now() - before < times.silence);
});

Deno.test("a worker that does not become ready is an error, and no other is left running", async () => {
  await assertRejects(() => start("no start"), Error, "this worker does not start");
  const late = { startTime: 1500 };
  await assertRejects(
    () => start("never ready", late),
    Error,
    "not all workers were ready after 1500 ms",
  );
});

Deno.test("the calling thread's own error is told once the workers have finished", async () => {
  const fails = () => {
    throw new Error("thread 0 cannot");
  };
  const pool = await start("is slow", {
    ownPart: { gradient: fails, update: fails, predict: fails },
  });
  assertThrows(() => pool.run("predict", [1, 1]), Error, "thread 0 cannot");
  pool.stop();
});

Deno.test("workers whose pool has stopped serve the next one", async () => {
  const first = await start("none");
  const before = idleWorkers();
  first.stop();
  assert.deepEqual(idleWorkers(), before + 2);
  const second = await start("none");
  assert.deepEqual(idleWorkers(), before);
  assert.deepEqual(second.run("predict", [10, 5]), [1030, 11]);
  second.stop();
});

Deno.test("no worker of a pool in which one has failed serves another", async () => {
  const pool = await start("throws");
  const before = idleWorkers();
  assertThrows(() => pool.run("predict", [1, 1]), Error, "the numbers are bad");
  pool.stop();
  assert.deepEqual(idleWorkers(), before);
});

Deno.test("a worker that ends while it waits is forgotten, and few are kept", async () => {
  const pools = [];
  for (let i = 0; i < 5; i++) pools.push(await start("none"));
  for (const pool of pools) pool.stop();
  assert.deepEqual(idleWorkers(), MOST_IDLE);
  const ends = await start("ends while idle");
  ends.stop();
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = setInterval(() => idleWorkers() < MOST_IDLE && resolve(), 10);
  await promise;
  clearInterval(look);
  const pool = await start("none");
  assert.deepEqual(pool.run("predict", [10, 5]), [1030, 11]);
  pool.stop();
});
