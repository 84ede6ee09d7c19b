import { JobBlock } from "./job_block.ts";

/** What a thread needs to take part; it can be sent to a worker. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where the job block stands. */
  readonly jobBlock: number;
  /** Number of the thread; the first one has 0. */
  readonly thread: number;
}

/**
 * A kernel that threads can share: computes one part of what stands in a descriptor. It may have buffers of its
 * own for each thread, which stay in that thread's cache from part to part.
 */
export type Job = (descriptor: number, part: number, thread: number) => void;

/** The module's functions by name, and numbered in an order that is the same for all threads. */
export interface Jobs {
  readonly exports: Readonly<Record<string, WebAssembly.ExportValue>>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly functions: readonly Job[];
}

/** The kernels over a memory of the size that the module declares. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Jobs {
  const abort = () => {
    throw new Error("a kernel aborted");
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const names = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "function").map(({ name }) => name);
  return {
    exports,
    numbers: new Map(names.map((name, i) => [name, i])),
    functions: names.map((name) => exports[name] as Job),
  };
}

/**
 * The life of every thread but the first: takes parts of jobs until there are no more.
 * @param ready called when the thread can take part
 */
export function workOnJobs(data: ThreadData, ready: () => void): void {
  const { module, memory, jobBlock, thread } = data;
  const { functions } = instantiate(module, memory);
  ready();
  const block = new JobBlock(memory.buffer, jobBlock);
  while (block.waitForJob()) {
    for (let claim = block.claim(); claim; claim = block.claim()) {
      try {
        functions[claim.job]!(claim.descriptor, claim.part, thread);
      } catch (error) {
        console.error(error);
        block.fail();
      }
      block.done();
    }
  }
}
