import assert from "node:assert/strict";
import { assertAlmostEquals, assertGreater, assertLess, assertThrows } from "../assert.ts";
import {
  constantScores,
  judge,
  networkP,
  seedsP,
  type SplitCounts,
} from "../../lib/diagnosis/chance.ts";

const constant = { top1: 0.02, top5: 0.1 };
const counts = (top1: number, top5 = 5 * top1, predicted = 40): SplitCounts => ({
  ...{ images: 450, top1, top5, predicted },
});

Deno.test("constant prediction scores the share of the most frequent classes", () => {
  const balanced = Array.from({ length: 450 }, (_, i) => i % 50);
  assert.deepEqual(constantScores(balanced).top1, 0.02);
  assertAlmostEquals(constantScores(balanced).top5, 0.1, 1e-12);
  assert.deepEqual(constantScores([0, 0, 0, 1, 2, 2]), { top1: 0.5, top5: 1 });
  assertAlmostEquals(constantScores([0, 0, 0, 1, 2, 3, 4, 5]).top5, 7 / 8, 1e-12);
  assertThrows(() => constantScores([]), RangeError, "no label");
});

Deno.test("a network's p-value is the exact binomial one, doubled for its two metrics", () => {
  // sums of binomial terms in Python's whole numbers: P(X ≥ 19) and P(X ≥ 65)
  assertAlmostEquals(networkP(counts(19, 45), constant), 2 * 0.0021732420772521857, 1e-9);
  assertAlmostEquals(networkP(counts(9, 65), constant), 2 * 0.0017687213927775607, 1e-9);
  assertGreater(networkP(counts(9, 45), constant), 0.9);
  assert.equal(networkP(counts(0, 0), constant), 1);
  assertLess(networkP(counts(450, 450), constant), 1e-300);
});

Deno.test("the seeds together: twice the median, so that one lucky seed does not count", () => {
  assert.equal(seedsP([0.03]), 0.03);
  assertAlmostEquals(seedsP([0.001, 0.01, 0.5]), 1.5 * 0.01, 1e-12);
  assertAlmostEquals(seedsP([0.9, 0.001, 0.02, 0.01]), 4 / 3 * 0.02, 1e-12);
  assert.equal(seedsP([1e-9, 1, 1]), 1);
  assertThrows(() => seedsP([]), RangeError, "no seeds");
});

Deno.test("judging many configurations asks more of each", () => {
  const weak = [counts(20, 45), counts(20, 45), counts(20, 45)];
  const strong = [counts(70), counts(80), counts(90)];
  const dead = [counts(9, 45, 1), counts(9, 45, 1), counts(9, 45, 3)];
  const [alone] = judge([weak], constant);
  assert(alone!.alive, `${alone!.p}`);
  const many = judge([strong, ...Array.from({ length: 200 }, () => weak), dead], constant);
  assert.deepEqual([many[0]!.alive, many[1]!.alive, many.at(-1)!.alive], [true, false, false]);
  assertLess(many[0]!.p, 1e-6);
  assert.deepEqual([many.at(-1)!.constantSeeds, many.at(-1)!.seeds], [2, 3]);
});
