/** Compares a kernel with its twin, alone, in all builds. */
import fc from "../../fast_check.ts";
import type { Kernels } from "../../../lib/kernels/kernel_interface.ts";
import type { KernelBuild } from "../../../lib/kernels/kernel_module.ts";
import type { Expectation } from "./expectations.ts";
import { builds, type KernelHarness, type Numbers, openHarness } from "./kernel_harness.ts";

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
 * Compares a kernel with its twin in one build: results must agree, nothing else in the memory may
 * change and, where rounding leaves a choice, the bits must be those of the narrow build.
 * @returns a function that does so for a shape
 * @throws Error naming the kernel, the build, the result and both numbers
 */
export async function comparison<Shape, Data>(
  { kernel, data: dataOf, call, twin }: TwinTest<Shape, Data>,
  build: KernelBuild,
): Promise<(shape: Shape) => void> {
  const [narrow, harness] = [await openHarness("narrow"), await openHarness(build)];
  const run = (on: KernelHarness, data: Data) => {
    on.reset();
    try {
      return call(on, data);
    } catch (error) {
      throw new Error(`${kernel} (${on.build}) ${(error as Error).message}`);
    }
  };
  return (shape) => {
    const data = dataOf(shape);
    const results = run(harness, data), inNarrow = run(narrow, data);
    for (const [name, { values, accepts }] of Object.entries(twin(data))) {
      const actual = results[name]!, reference = inNarrow[name]!;
      const result = `${kernel} (${build}): ${name}`;
      if (actual.length !== values.length) {
        throw new Error(`${result} has ${actual.length} numbers, the twin's ${values.length}`);
      }
      for (let i = 0; i < values.length; i++) {
        if (Number.isNaN(values[i])) continue;
        const found = `${result}[${i}] is ${actual[i]}`;
        if (!accepts(actual[i]!, i)) throw new Error(`${found}, the twin has ${values[i]}`);
        if (!Object.is(actual[i], reference[i])) {
          throw new Error(`${found}, the narrow build has ${reference[i]}`);
        }
      }
    }
  };
}

/** Registers a test for each build that compares a kernel with its twin. */
export function testAgainstTwin<Shape, Data>(test: TwinTest<Shape, Data>): void {
  const { kernel, shapes, examples = [], runs = 40, ignore = false } = test;
  for (const build of builds) {
    Deno.test({
      name: `${kernel} (${build}) agrees with its twin`,
      ignore,
      async fn() {
        fc.assert(fc.property(shapes, await comparison(test, build)), {
          numRuns: runs + examples.length,
          examples: examples.map((shape) => [shape] as [Shape]),
        });
      },
    });
  }
}
