/** What a kernel's results must be, how far rounding may take them, and what numbers are drawn. */
import fc from "../../fast_check.ts";
import { Rng } from "../../../lib/util/rng.ts";

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
  /** Whole numbers, so small that float32 sums of them are exact in any order. Ties are frequent. */
  readonly whole: boolean;
}

/** A seed, and whether the numbers are whole. */
export const values: fc.Arbitrary<Values> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  whole: fc.boolean(),
});

/**
 * A source of float32 numbers: whole ones from −most to most times `step`, or normally distributed
 * ones.
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
