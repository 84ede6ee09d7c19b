/** What the tests of the tensor kernels share: several kernels that must agree, and memory with guards. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  openTensorKernels,
  type TensorBuild,
} from "../../../lib/kernels/tensor/open_tensor_kernels.ts";
import type { TensorKernels } from "../../../lib/kernels/tensor/tensor_kernels.ts";
import type { Geometry } from "../../../lib/kernels/tensor/tensor_operations.ts";

/** Bytes before and after each array, which nobody may write to. */
const GUARD = 64;
const PATTERN = 0xa5;

/** Arrays in a kernel's memory, with guards around them. */
export class Bench {
  #next: number;
  readonly #guards: number[] = [];
  readonly #bytes: Uint8Array;

  constructor(readonly kernels: TensorKernels) {
    this.#next = kernels.heapStart;
    this.#bytes = new Uint8Array(kernels.memory.buffer);
  }

  /** Room for `count` floats that hold NaN; `shift` words away from a multiple of 64. */
  room(count: number, shift = 0): number {
    const at = Math.ceil(this.#next / 64) * 64 + GUARD + 4 * shift;
    this.#guard(at - GUARD);
    new Float32Array(this.kernels.memory.buffer, at, count).fill(NaN);
    this.#guard(at + 4 * count);
    this.#next = at + 4 * count + GUARD;
    assert(this.#next <= this.kernels.heapEnd, "the test needs more memory");
    return at;
  }

  put(numbers: ArrayLike<number>, shift = 0): number {
    const at = this.room(numbers.length, shift);
    new Float32Array(this.kernels.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }

  putIntegers(numbers: ArrayLike<number>): number {
    const at = this.room(numbers.length);
    new Int32Array(this.kernels.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }

  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.kernels.memory.buffer, at, count).slice();
  }

  integers(at: number, count: number): Int32Array {
    return new Int32Array(this.kernels.memory.buffer, at, count).slice();
  }

  #guard(at: number): void {
    this.#bytes.fill(PATTERN, at, at + GUARD);
    this.#guards.push(at);
  }

  checkGuards(): void {
    for (const at of this.#guards) {
      for (let i = at; i < at + GUARD; i++) {
        assert.deepEqual(this.#bytes[i], PATTERN, `byte ${i - at} of a guard was written to`);
      }
    }
  }
}

const variants: readonly [build: TensorBuild, threads: number][] = [
  ["narrow", 1],
  ["narrow", 2],
  ["narrow", 4],
  ["wide", 2],
];

/** Kernels of both builds on 1, 2 and 4 threads. */
export async function withAllKernels(work: (all: AllKernels) => void): Promise<void> {
  const opened: TensorKernels[] = [];
  try {
    for (const [build, threads] of variants) {
      // more than one thread: jobs are cut up however small they are
      const grain = threads === 1 ? {} : { grain: 20 };
      opened.push(await openTensorKernels({ bytes: 2 ** 26, threads, build, ...grain }));
    }
    work(new AllKernels(opened));
  } finally {
    for (const kernels of opened) kernels.dispose();
  }
}

type Results = readonly (Float32Array | Int32Array)[];

/** Several kernels of which the same is asked. */
export class AllKernels {
  constructor(readonly kernels: readonly TensorKernels[]) {}

  /**
   * Runs a case on all of them.
   * @param run puts what it needs on the bench, runs operations and returns the results
   * @returns the results, of which all kernels have the same bits
   */
  run(run: (bench: Bench, kernels: TensorKernels) => Results): Results {
    const [first, ...others] = this.kernels.map((kernels) => {
      const bench = new Bench(kernels);
      const results = run(bench, kernels);
      bench.checkGuards();
      return results;
    });
    others.forEach((results, i) => {
      results.forEach((result, k) => {
        const [bits, expected] = [result, first![k]!].map(({ buffer }) => new Int32Array(buffer));
        const [build, threads] = variants[i + 1]!;
        const at = bits!.findIndex((word, at) => word !== expected![at]);
        assert(
          at < 0,
          `result ${k} with ${build}, ${threads} threads: ${result[at]} at ${at}, not ` +
            `${first![k]![at]} as with one thread`,
        );
      });
    });
    return first!;
  }
}

/** Numbers that look random: the same for the same seed. */
export function randomNumbers(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    numbers[i] = state / 2 ** 31 - 1;
  }
  return numbers;
}

/**
 * Asserts that numbers are as close as float32 sums of `terms` products of numbers around 1 can be expected
 * to be. NaN and infinities must be where they are expected.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  terms = 1,
  name = "numbers",
): void {
  assert.deepEqual(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (!Number.isFinite(e)) {
      assert(Object.is(a, e), `${name}: ${a} at ${i} instead of ${e}`);
    } else {
      const bound = 1e-6 * (1 + Math.abs(e)) + 2e-7 * terms;
      assert(Math.abs(a - e) <= bound, `${name}: ${a} at ${i} instead of ${e}, off by ${a - e}`);
    }
  }
}

/** Geometries of convolutions: strides, dilations, paddings and sizes, some of them with no output. */
export const geometries: fc.Arbitrary<Geometry> = fc.record({
  batchSize: fc.integer({ min: 0, max: 5 }),
  inHeight: fc.integer({ min: 1, max: 9 }),
  inWidth: fc.integer({ min: 1, max: 9 }),
  inChannels: fc.integer({ min: 1, max: 7 }),
  outChannels: fc.integer({ min: 1, max: 20 }),
  filterHeight: fc.integer({ min: 1, max: 5 }),
  filterWidth: fc.integer({ min: 1, max: 5 }),
  strideHeight: fc.integer({ min: 1, max: 3 }),
  strideWidth: fc.integer({ min: 1, max: 3 }),
  dilationHeight: fc.integer({ min: 1, max: 2 }),
  dilationWidth: fc.integer({ min: 1, max: 2 }),
  padTop: fc.integer({ min: 0, max: 4 }),
  padLeft: fc.integer({ min: 0, max: 4 }),
  padBottom: fc.integer({ min: 0, max: 4 }),
  padRight: fc.integer({ min: 0, max: 4 }),
  padded: fc.boolean(),
}).map(({ padTop, padLeft, padBottom, padRight, padded, ...rest }) => {
  const pad = padded ? 1 : 0;
  const size = (
    [input, filter, stride, dilation]: [number, number, number, number],
    padding: number,
  ) => Math.max(0, Math.floor((input + padding - (filter - 1) * dilation - 1) / stride) + 1);
  const { inHeight, inWidth, filterHeight, filterWidth } = rest;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = rest;
  return {
    ...rest,
    outHeight: size(
      [inHeight, filterHeight, strideHeight, dilationHeight],
      pad * (padTop + padBottom),
    ),
    outWidth: size([inWidth, filterWidth, strideWidth, dilationWidth], pad * (padLeft + padRight)),
    padInfo: { top: pad * padTop, left: pad * padLeft },
  };
});
