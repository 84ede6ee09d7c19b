/** Compares a kernel with its twin, alone, in all builds. */
import fc from "fast-check";
import type { Kernels } from "../../../lib/kernels/kernel_module.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { builds } from "../../../tasks/kernels.ts";
import { type KernelHarness, type Numbers, openHarness } from "./kernel_harness.ts";

/** One half of the distance between 1 and the next float32: the error of one rounding. */
export const UNIT = 2 ** -24;

/** What a kernel's array must hold. NaN in `values` stands for a number that nobody reads. */
export interface Expectation {
  readonly values: ArrayLike<number>;
  readonly accepts: (actual: number, index: number) => boolean;
}

/** The same numbers. */
export function exactly(values: ArrayLike<number>): Expectation {
  return { values, accepts: (actual, i) => actual === values[i] };
}

/** The same numbers up to a bound, one for all or one for each. */
export function within(
  values: ArrayLike<number>,
  bounds: number | ArrayLike<number>,
): Expectation {
  const bound = typeof bounds === "number" ? () => bounds : (i: number) => bounds[i]!;
  return { values, accepts: (actual, i) => Math.abs(actual - values[i]!) <= bound(i) };
}

/** Each number times a factor: bounds from sums of magnitudes. */
export function times(factor: number, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (x) => factor * x);
}

/** The magnitude of each number. */
export function magnitudes(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, Math.abs);
}

/** The magnitude of each number of a matrix. */
export function matrixMagnitudes(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((row) => row.map(Math.abs));
}

/** Which values a case is made of. */
export interface Values {
  readonly seed: number;
  /** Whole numbers so small that float32 sums of them are exact in any order: then ties are frequent. */
  readonly whole: boolean;
}

/** A seed, and whether the numbers are whole. */
export const values: fc.Arbitrary<Values> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  whole: fc.boolean(),
});

/**
 * A source of float32 numbers: whole ones from −most to most times `step`, or normally distributed ones.
 */
export function drawNumbers(
  { seed, whole }: Values,
): (length: number, step?: number, most?: number) => Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return (length, step = 1, most = 2) =>
    Float32Array.from(
      { length },
      () => whole ? step * (rng.int(2 * most + 1) - most) : rng.normal(),
    );
}

/** A kernel, what is drawn for it, and how it and its twin are called. */
export interface TwinTest<Shape, Data> {
  readonly kernel: keyof Kernels;
  /** What the kernel is tried on; the arrays come from `data`, so that failures print short. */
  readonly shapes: fc.Arbitrary<Shape>;
  /** Shapes that are always tried. */
  readonly examples?: readonly Shape[];
  readonly data: (shape: Shape) => Data;
  /** Puts the data into the memory, calls the kernel and reads its results by name. */
  readonly call: (harness: KernelHarness, data: Data) => Readonly<Record<string, Numbers>>;
  /** What the twin says about each result. */
  readonly twin: (data: Data) => Readonly<Record<string, Expectation>>;
  /** How many shapes are tried in each build. */
  readonly runs?: number;
  /** Whether this machine cannot be tested; see `takesBytes`. */
  readonly ignore?: boolean;
}

/**
 * Registers a test for each build: that the kernel agrees with its twin, changes nothing else in the
 * memory and, where rounding leaves a choice, has the bits of the narrow build.
 */
export function testAgainstTwin<Shape, Data>(test: TwinTest<Shape, Data>): void {
  const { kernel, shapes, examples = [], data: dataOf, call, twin, runs = 25 } = test;
  for (const build of builds) {
    Deno.test({
      name: `${kernel} (${build}) agrees with its twin`,
      ignore: test.ignore ?? false,
      async fn() {
        const label = `${kernel} (${build})`;
        const [narrow, harness] = [await openHarness("narrow"), await openHarness(build)];
        const run = (on: KernelHarness, data: Data) => {
          on.reset();
          try {
            return call(on, data);
          } catch (error) {
            throw new Error(`${kernel} (${on.build}) ${(error as Error).message}`);
          }
        };
        const check = (shape: Shape) => {
          const data = dataOf(shape);
          const [results, inNarrow] = [run(harness, data), run(narrow, data)];
          for (const [name, { values, accepts }] of Object.entries(twin(data))) {
            const actual = results[name]!, reference = inNarrow[name]!;
            if (actual.length !== values.length) {
              throw new Error(`${name}: the kernel's ${actual.length} numbers, ${values.length}`);
            }
            for (let i = 0; i < values.length; i++) {
              if (Number.isNaN(values[i])) continue;
              const at = `${label}: ${name}[${i}] is ${actual[i]}`;
              if (!accepts(actual[i]!, i)) throw new Error(`${at}, the twin has ${values[i]}`);
              if (!Object.is(actual[i], reference[i])) {
                throw new Error(`${at}, the narrow build has ${reference[i]}`);
              }
            }
          }
        };
        fc.assert(fc.property(shapes, check), {
          numRuns: runs + examples.length,
          examples: examples.map((shape) => [shape] as [Shape]),
        });
      },
    });
  }
}
