/** Statistics of measured values: Student's interval, paired ratios, and Holm's correction. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess, assertThrows } from "../assert.ts";
import { holm } from "../../lib/metrics/holm.ts";
import { pairedRatio } from "../../lib/metrics/paired_ratio.ts";
import { meanInterval, tQuantile } from "../../lib/metrics/student.ts";
import { Rng } from "../../lib/util/rng.ts";

Deno.test("Student's quantiles are those of the printed tables", () => {
  const printed = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 10: 2.228, 120: 1.98 };
  for (const [freedom, quantile] of Object.entries(printed)) {
    assertLess(Math.abs(tQuantile(Number(freedom)) - quantile), 6e-4, freedom);
  }
  for (const freedom of [0, 1.5, NaN]) assertThrows(() => tQuantile(freedom), RangeError, "whole");
});

Deno.test("the interval of five values holds their true mean 95 times in a hundred", () => {
  const rng = new Rng(1);
  let held = 0;
  for (let i = 0; i < 4000; i++) {
    const { interval: [low, high] } = meanInterval(Array.from({ length: 5 }, () => rng.normal()));
    held += Number(low <= 0 && 0 <= high);
  }
  assertLess(Math.abs(held / 4000 - 0.95), 0.012);
  assert.deepEqual(meanInterval([7]).interval, [-Infinity, Infinity]);
  assertThrows(() => meanInterval([]), RangeError, "no value");
});

Deno.test("a paired ratio does not see what changes both values of a pair", () => {
  const [base, noise] = [[1, 2, 4, 3], [1, 5, 0.5, 9]];
  const ratio = pairedRatio(
    base.map((x, i) => 2 * x * noise[i]!),
    base.map((x, i) => x * noise[i]!),
  );
  assertLess(Math.abs(ratio.value - 2), 1e-12);
  assertLess(ratio.interval[1] - ratio.interval[0], 1e-9);
  assertThrows(() => pairedRatio([1], [1, 2]), RangeError, "1 values");
  assertThrows(() => pairedRatio([1, 0], [1, 2]), RangeError, "got 0");
});

Deno.test("Holm's correction is that of a worked example, and never makes a p-value smaller", () => {
  const close = (a: number[], b: number[]) =>
    a.forEach((x, i) => assertLess(Math.abs(x - b[i]!), 1e-12));
  close(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
  close(holm([0.5, 0.9]), [1, 1]);
  assertThrows(() => holm([0.1, NaN]), RangeError, "got NaN");
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
    const corrected = holm(ps);
    assert(ps.every((p, i) => corrected[i]! >= p && corrected[i]! <= 1));
    // the order of the tests is kept
    assert(ps.every((p, i) => ps.every((q, j) => p >= q || corrected[i]! <= corrected[j]!)));
  }));
});
