/** The tensor kernels' threads: with and without shared memory, of both kinds, and when they fail. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { assertRejects, assertThrows } from "../../assert.ts";
import { startNodeThread } from "../../../lib/kernels/tensor/node_threads.ts";
import { openTensorKernels } from "../../../lib/kernels/tensor/open_tensor_kernels.ts";
import { ScratchStretch } from "../../../lib/kernels/tensor/scratch.ts";
import { TensorKernels } from "../../../lib/kernels/tensor/tensor_kernels.ts";
import type { StartThread } from "../../../lib/kernels/tensor/tensor_thread_pool.ts";
import { webThreads } from "../../../lib/kernels/tensor/web_threads.ts";

const binary = await Deno.readFile(
  new URL("../../../lib/kernels/tensor/builds/narrow.wasm", import.meta.url),
);
const bytes = 2 ** 26;

/** Fills an array with one word on all threads and looks at it. */
function fill(kernels: TensorKernels, word: number, parts = 64, count = 100_000): void {
  kernels.words.set([kernels.heapStart, count, word, parts]);
  kernels.run("fill", parts);
  const filled = new Int32Array(kernels.memory.buffer, kernels.heapStart, count + 1);
  assert(filled.subarray(0, count).every((found) => found === word));
  assert(filled[count] !== word, "the word behind the array was written to");
}

/** Fills until a run fails. @throws what it fails with */
function fillUntilError(kernels: TensorKernels): never {
  for (let i = 1; i < 20_000; i++) fill(kernels, i);
  throw new Error("20,000 runs have not failed");
}

Deno.test("every part of many jobs is computed once the job returns, on 1, 2 and 4 threads", async () => {
  for (const threads of [1, 2, 4]) {
    const kernels = await openTensorKernels({ bytes, threads, build: "narrow" });
    assert.deepEqual(kernels.threads, threads);
    for (let i = 1; i < 500; i++) fill(kernels, i, 1 + i % 50, 1000 + i);
    kernels.dispose();
  }
});

Deno.test("one thread needs no shared memory", async () => {
  const kernels = await TensorKernels.create({ bytes, threads: 1, binary, shared: false });
  assert(!(kernels.memory.buffer instanceof SharedArrayBuffer));
  fill(kernels, 3);
  kernels.dispose();
  const twoThreads = { bytes, threads: 2, binary, shared: false, startThread: startNodeThread };
  await assertRejects(() => TensorKernels.create(twoThreads), Error, "needs shared memory");
});

Deno.test("where there is no SharedArrayBuffer one thread runs on memory of its own", async () => {
  const { SharedArrayBuffer } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    const kernels = await TensorKernels.create({ bytes, threads: 1, binary });
    fill(kernels, 4);
    kernels.dispose();
  } finally {
    globalThis.SharedArrayBuffer = SharedArrayBuffer;
  }
});

Deno.test("web workers are threads as well", async () => {
  const url = new URL("../../../lib/kernels/tensor/web_worker.ts", import.meta.url);
  const kernels = await TensorKernels.create({
    ...{ bytes, threads: 2, binary, startThread: webThreads(url) },
  });
  for (let i = 1; i < 100; i++) fill(kernels, i);
  kernels.dispose();
});

Deno.test("a web worker that cannot start is an error", async () => {
  const startThread = webThreads("data:text/javascript,throw new Error('cannot')");
  await assertRejects(
    () => TensorKernels.create({ bytes, threads: 2, binary, startThread }),
    Error,
    "a worker did not start",
  );
});

Deno.test("a thread that never finishes its part is an error, now and after", async () => {
  const startThread: StartThread = async (workerData) => {
    const url = new URL("./stuck_worker.ts", import.meta.url);
    const worker = new Worker(url, { workerData });
    await new Promise((resolve) => worker.once("message", resolve));
    worker.unref();
    return { stop: () => void worker.terminate() };
  };
  const kernels = await TensorKernels.create({
    ...{ bytes, threads: 2, binary, startThread, patience: 200 },
  });
  assertThrows(() => fillUntilError(kernels), Error, "has not finished its part in 200 ms");
  assertThrows(() => fill(kernels, 1), Error, "has not finished its part");
  kernels.dispose();
});

Deno.test("a thread that ended is an error at the next job", async () => {
  let died: (reason: unknown) => void = () => {};
  const startThread: StartThread = (_, whenDead) => {
    died = whenDead;
    return Promise.resolve({ stop() {} });
  };
  const kernels = await TensorKernels.create({ bytes, threads: 2, binary, startThread });
  fill(kernels, 1); // nobody else takes a part, so this thread computes all of them
  died("out of memory");
  assertThrows(() => fill(kernels, 2), Error, "a thread ended: out of memory");
});

Deno.test("a worker of Node's kind that cannot start is an error", async () => {
  // the module declares a memory of another size
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const data = { module: await WebAssembly.compile(binary), memory, jobBlock: 0, thread: 1 };
  await assertRejects(() => startNodeThread(data, () => {}), Error, "memory");
});

Deno.test("a kernel that traps on any thread is an error", async () => {
  for (const threads of [1, 2]) {
    const kernels = await openTensorKernels({ bytes, threads, build: "narrow" });
    kernels.words.set([bytes - 4000, 1_000_000, 1, 64]);
    assertThrows(() => kernels.run("fill", 64), Error);
    kernels.dispose();
  }
});

Deno.test("a kernel that there is not, and one after the end, are errors", async () => {
  const kernels = await openTensorKernels({ bytes, threads: 2, build: "narrow" });
  assertThrows(() => kernels.run("nothing", 1), Error, 'no kernel "nothing"');
  assertThrows(() => kernels.run("fill", 5000), RangeError, "at most 4095");
  kernels.dispose();
  assertThrows(() => kernels.run("fill", 1), Error, "disposed of");
});

Deno.test("threads and memory that cannot be are errors", async () => {
  const create = (options: object) =>
    TensorKernels.create({ bytes, threads: 1, binary, ...options });
  await assertRejects(() => create({ threads: 0 }), RangeError, "threads must be");
  await assertRejects(() => create({ threads: 1.5 }), RangeError, "threads must be");
  await assertRejects(() => create({ bytes: 2 ** 20 }), RangeError, "are too few");
  await assertRejects(() => create({ bytes: 2 ** 32 }), RangeError, "4096 MiB and can have 2048");
  await assertRejects(() => create({ threads: 2 }), Error, "a way to start threads");
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  await assertRejects(() => create({ binary: empty }), Error, "does not declare a shared memory");
});

Deno.test("scratch memory is given back, and too little is an error that says how much", async () => {
  const scratch = new ScratchStretch(640, 1280);
  assert.deepEqual([scratch.take(1), scratch.take(65), scratch.take(0)], [640, 704, 832]);
  assertThrows(
    () => scratch.take(449),
    RangeError,
    "needs 449 bytes of scratch memory and 448 are",
  );
  for (let i = 0; i < 3; i++) scratch.give();
  assert.deepEqual(scratch.take(640), 640);

  const kernels = await openTensorKernels({
    bytes,
    threads: 1,
    build: "narrow",
    scratchBytes: 6400,
  });
  const at = kernels.heapStart;
  const product = (depth: number) => {
    const shape = { batch: 1, rows: 1, depth, columns: 1, transposeB: true };
    kernels.matMul({ ...shape, a: at, b: at, c: at + 4000 });
  };
  for (let i = 0; i < 3; i++) {
    assertThrows(() => product(1000), RangeError, "ask for more scratchBytes");
    product(10);
  }
  kernels.dispose();
});

Deno.test("a process that does not dispose of the kernels ends nevertheless", async () => {
  const script = fileURLToPath(new URL("./undisposed_kernels.ts", import.meta.url));
  const args = ["run", "-P=test", "--no-check", script];
  const signal = AbortSignal.timeout(60_000);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, signal }).output();
  assert(success);
  assert.deepEqual(new TextDecoder().decode(stdout), "7\n");
});
