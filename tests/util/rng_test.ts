import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertAlmostEquals, assertThrows } from "../assert.ts";
import { Rng } from "../../lib/util/rng.ts";

const draws = (rng: Rng, n = 8) => Array.from({ length: n }, () => rng.uint32());

Deno.test("a seed always gives the same numbers", () => {
  assert.deepEqual(draws(new Rng(1)), draws(new Rng(1)));
  assert(draws(new Rng(1)).join() !== draws(new Rng(2)).join());
  // fixed for good: data sets and runs of earlier versions depend on it
  assert.deepEqual(draws(new Rng(0), 3), GOLDEN);
});
const GOLDEN = [2899526011, 769844623, 220372281];

Deno.test("forks differ by label and leave the parent alone", () => {
  const parent = new Rng(3);
  const [a, b] = [draws(parent.fork("a")), draws(parent.fork("b"))];
  assert(a.join() !== b.join());
  assert.deepEqual(draws(parent.fork("a")), a);
  assert.deepEqual(draws(parent), draws(new Rng(3)));
});

Deno.test("uniform and normal numbers have their means and deviations", () => {
  const rng = new Rng(9);
  const n = 100_000;
  for (
    const [draw, mean, std] of [
      [() => rng.uniform(-1, 3), 1, 4 / Math.sqrt(12)],
      [() => rng.normal(2, 3), 2, 3],
    ] as const
  ) {
    const list = Array.from({ length: n }, draw);
    const m = list.reduce((a, b) => a + b) / n;
    const s = Math.sqrt(list.reduce((a, b) => a + (b - m) ** 2, 0) / n);
    assertAlmostEquals(m, mean, 4 * std / Math.sqrt(n));
    assertAlmostEquals(s, std, 0.02 * std);
  }
});

Deno.test("a permutation holds each number once", () => {
  fc.assert(fc.property(fc.integer(), fc.nat({ max: 200 }), (seed, n) => {
    const sorted = [...new Rng(seed).permutation(n)].sort((a, b) => a - b);
    assert.deepEqual(sorted, Array.from({ length: n }, (_, i) => i));
  }));
});

Deno.test("a seed must be an integer", () => {
  assertThrows(() => new Rng(0.5), RangeError, "got 0.5");
});
