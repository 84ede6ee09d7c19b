import type { Scratch } from "./scratch.ts";

/** What an operation needs to run its jobs. */
export interface JobRunner {
  /** The descriptor's words, as whole numbers and as floats. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly scratch: Scratch;
  /** Multiply-adds, or as much other work, that a part of a job should have at least. */
  readonly grain: number;
  /** Threads that take parts of jobs. */
  readonly threads: number;
  /** Runs a job's parts on all threads. */
  run(job: string, parts: number): void;
  /** Calls a function of the kernels on this thread alone. */
  call(name: string, ...args: number[]): void;
}

/**
 * Shards that a sum over a batch is cut into, whatever the number of threads: so its bits are the same for
 * all of them.
 */
export const SHARDS = 4;

/** The default grain: with less, one thread is done before another has begun. */
export const GRAIN = 40_000;
const MOST = 16;

/** Into how many parts a job is cut. @param most how many there can be */
export function partsFor({ grain }: JobRunner, work: number, most: number): number {
  return Math.max(1, Math.min(Math.floor(work / grain), most, MOST));
}

/** Runs `work` with scratch memory of up to four sizes, in bytes, and gives it back; 0 for a size of 0. */
export function withScratch(
  { scratch }: JobRunner,
  sizes: readonly number[],
  work: (a?: number, b?: number, c?: number, d?: number) => void,
): void {
  const taken: number[] = [];
  try {
    for (const size of sizes) taken.push(size > 0 ? scratch.take(size) : 0);
    work(taken[0], taken[1], taken[2], taken[3]);
  } finally {
    for (const at of taken) if (at > 0) scratch.give(at);
  }
}
