/** The statistics, against SciPy's values (tests/fixtures/make_statistics.py) and what must hold of any. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertAlmostEquals, assertThrows } from "../assert.ts";
import { aboveConstant, binomialTail } from "../../lib/metrics/binomial.ts";
import { bootstrapMean, pairedBootstrap } from "../../lib/metrics/bootstrap.ts";
import { exactInterval } from "../../lib/metrics/clopper_pearson.ts";
import { equivalence } from "../../lib/metrics/equivalence.ts";
import { fisherExact } from "../../lib/metrics/fisher.ts";
import { holm } from "../../lib/metrics/holm.ts";
import { mcnemar } from "../../lib/metrics/mcnemar.ts";
import { seedMean } from "../../lib/metrics/seeds.ts";
import { meanInterval, studentTail, tQuantile } from "../../lib/metrics/student.ts";
import { wilson, wilsonInterval } from "../../lib/metrics/wilson.ts";
import { Rng } from "../../lib/util/rng.ts";
import fixtures from "../fixtures/statistics.json" with { type: "json" };

type Pair = readonly [number, number];
const near = (found: number, wanted: number, what: string) =>
  assert(
    Math.abs(found - wanted) <= 1e-9 + 1e-9 * Math.abs(wanted),
    `${what}: ${found}, ${wanted}`,
  );

function bothNear(found: Pair, wanted: readonly number[], what: string): void {
  near(found[0], wanted[0]!, what);
  near(found[1], wanted[1]!, what);
}

Deno.test("intervals of shares, after Wilson and exact, are SciPy's", () => {
  for (const [hits, images, ends] of fixtures.wilson as [number, number, number[]][]) {
    bothNear(wilson(hits, images).interval, ends, `Wilson, ${hits} of ${images}`);
  }
  for (const [hits, images, ends] of fixtures.exact as [number, number, number[]][]) {
    bothNear(exactInterval(hits, images).interval, ends, `exact, ${hits} of ${images}`);
  }
});

Deno.test("binomial, McNemar's and Fisher's exact tests are SciPy's", () => {
  for (const [hits, images, share, p] of fixtures.aboveConstant as number[][]) {
    near(aboveConstant(hits!, images!, share!), p!, `${hits} of ${images}, ${share}`);
  }
  for (const [first, second, p] of fixtures.mcnemar as number[][]) {
    const rights = [...Array(first).fill(true), ...Array(second).fill(false)];
    near(mcnemar(rights, rights.map((right) => !right)).p, p!, `${first} against ${second}`);
  }
  for (const [a, n, b, m, p] of fixtures.fisher as number[][]) {
    near(fisherExact(a!, n!, b!, m!), p!, `${a} of ${n} against ${b} of ${m}`);
  }
});

Deno.test("Student's quantiles, tails and intervals, TOST and Holm's correction are SciPy's", () => {
  for (const [freedom, central, t] of fixtures.tQuantile as number[][]) {
    near(tQuantile(freedom!, central!), t!, `t(${freedom}), ${central}`);
  }
  for (const [t, freedom, p] of fixtures.studentTail as number[][]) {
    near(studentTail(t!, freedom!), p!, `P(T > ${t}), ${freedom}`);
  }
  for (const [values, ends] of fixtures.meanInterval as number[][][]) {
    bothNear(meanInterval(values!).interval, ends!, `mean of ${values}`);
  }
  for (const [differences, margin, p] of fixtures.equivalence as [number[], number, number][]) {
    near(equivalence(differences, margin).p, p, `TOST of ${differences} within ${margin}`);
  }
  for (const [ps, corrected] of fixtures.holm as number[][][]) {
    holm(ps!).forEach((p, i) => near(p, corrected![i]!, `Holm of ${ps}`));
  }
});

const counted = fc.tuple(fc.integer({ min: 1, max: 600 }), fc.nat())
  .map(([images, draw]) => [draw % (images + 1), images] as const);

Deno.test("the exact interval holds Wilson's middle, mirrors, and its ends are where the tails say", () => {
  fc.assert(
    fc.property(counted, ([hits, images]) => {
      const [low, high] = exactInterval(hits, images).interval;
      assert(low <= hits / images && hits / images <= high);
      assertAlmostEquals(exactInterval(images - hits, images).interval[0], 1 - high, 1e-12);
      if (hits > 0) assertAlmostEquals(binomialTail(hits, images, low), 0.025, 1e-9);
      if (hits < images) assertAlmostEquals(binomialTail(hits + 1, images, high), 0.975, 1e-9);
    }),
    { numRuns: 60 },
  );
});

Deno.test("the two tails of a binomial distribution add up to one", () => {
  fc.assert(fc.property(counted, fc.double({ min: 0, max: 1, noNaN: true }), ([k, n], share) => {
    assertAlmostEquals(binomialTail(k, n, share) + binomialTail(n - k + 1, n, 1 - share), 1, 1e-9);
  }));
  assert.deepEqual([binomialTail(0, 5, 0), binomialTail(6, 5, 1), binomialTail(5, 5, 1)], [
    1,
    0,
    1,
  ]);
  assertThrows(() => binomialTail(1, 2, NaN), RangeError, "NaN");
  assertThrows(() => binomialTail(0.5, 2, 0.1), RangeError, "0.5 of 2");
});

Deno.test("a constant prediction is not above itself, and two thirds more hits are", () => {
  assert(aboveConstant(9, 450, 1 / 50) > 0.5);
  assert(aboveConstant(18, 450, 1 / 50) < 0.01);
  assertThrows(() => aboveConstant(0, 0, 0.02), RangeError, "at least one image");
});

Deno.test("Holm's correction keeps the order, raises, and is that of one test where there is one", () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(ps, (family) => {
    const corrected = holm(family);
    family.forEach((p, i) => {
      assert(corrected[i]! >= p && corrected[i]! <= 1);
      family.forEach((q, j) => assert(p > q || corrected[i]! <= corrected[j]!));
    });
    assertAlmostEquals(
      Math.min(...corrected),
      Math.min(1, family.length * Math.min(...family)),
      1e-12,
    );
  }));
  assertThrows(() => holm([0.1, 1.5]), RangeError, "1.5");
});

Deno.test("Fisher's test does not care which sample is called the first, nor what counts as a hit", () => {
  fc.assert(
    fc.property(counted, counted, ([a, n], [b, m]) => {
      const p = fisherExact(a, n, b, m);
      assertAlmostEquals(fisherExact(b, m, a, n), p, 1e-9);
      assertAlmostEquals(fisherExact(n - a, n, m - b, m), p, 1e-9);
    }),
    { numRuns: 50 },
  );
  assert.equal(fisherExact(5, 450, 5, 450), 1);
  assertThrows(() => fisherExact(3, 2, 0, 1), RangeError, "3 of 2");
});

Deno.test("equivalence needs the 90 % interval within the margin, and enough pairs", () => {
  const differences = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), {
    ...{ minLength: 2, maxLength: 12 },
  });
  fc.assert(
    fc.property(differences, fc.double({ min: 0.001, max: 0.1, noNaN: true }), (d, margin) => {
      const { interval: [low, high], p } = equivalence(d, margin);
      if (Math.abs(p - 0.05) > 1e-9) assert.equal(p < 0.05, -margin < low && high < margin);
      assertAlmostEquals(equivalence(d.map((x) => -x), margin).p, p, 1e-12);
    }),
  );
  assert.equal(equivalence([0, 0, 0], 0.01).p, 0);
  assert.equal(equivalence([0.02, 0.02], 0.01).p, 1);
  assertThrows(() => equivalence([0], 0.01), RangeError, "two pairs");
  assertThrows(() => equivalence([0, 0], 0), RangeError, "margin");
});

Deno.test("a mean over seeds is as wide as the images' interval, and wider where the seeds differ", () => {
  const images = wilsonInterval(0.25, 450);
  assert.deepEqual(seedMean([0.25], 450).interval, images);
  assert.deepEqual(seedMean([0.25, 0.25, 0.25], 450).interval, images);
  const { value, interval } = seedMean([0.24, 0.25, 0.26], 450);
  // t of 2 degrees of freedom, not the normal 1.96
  const bySeeds = 4.302652729696144 * 0.01 / Math.sqrt(3);
  assertAlmostEquals(interval[1], value + Math.hypot(images[1] - 0.25, bySeeds), 1e-9);
  assertAlmostEquals(interval[0], value - Math.hypot(0.25 - images[0], bySeeds), 1e-9);
  const [low, high] = seedMean([0, 0], 450).interval;
  for (const [bad, ...others] of [[17, 18], [NaN, 0.1], [1.5, 0.5]]) {
    assertThrows(() => seedMean([...others, bad!], 100), RangeError, "must be in [0, 1], got");
  }
  assertThrows(() => seedMean([0.5], 0), RangeError, "images must be at least 1");
  assert(low === 0 && high > 0.005, "no hit among 450 images does not mean none among others");
});

/** Networks that are right with a share of their own on each image: some images are easy for all. */
function simulated(networks: number, images: number, seed: number): boolean[][] {
  const rng = new Rng(seed);
  const ease = Array.from({ length: images }, () => rng.uniform());
  return Array.from({ length: networks }, () => ease.map((share) => rng.uniform() < share));
}

Deno.test("the bootstrap gives the same interval each time, and holds images and seeds", () => {
  const hits = simulated(5, 450, 1);
  const found = bootstrapMean(hits);
  assert.deepEqual(bootstrapMean(hits), found);
  assert.notDeepEqual(bootstrapMean(hits, { seed: 2 }).interval, found.interval);
  assert(found.interval[0] < found.value && found.value < found.interval[1]);
  // one network: about Wilson's interval, which holds the images alone
  const [one] = hits, alone = bootstrapMean([one!]);
  const { interval } = wilson(one!.filter(Boolean).length, 450);
  assertAlmostEquals(alone.interval[0], interval[0], 0.01);
  assertAlmostEquals(alone.interval[1], interval[1], 0.01);
  // networks that answer alike are no more than one
  const alike = bootstrapMean([one!, one!, one!]);
  assert(alike.interval[1] - alike.interval[0] > 0.9 * (interval[1] - interval[0]));
  assertThrows(() => bootstrapMean([]), RangeError, "no network");
  assertThrows(() => bootstrapMean([[true], [true, false]]), RangeError, "1 images, another 2");
  assertThrows(() => bootstrapMean(hits, { samples: 3 }), RangeError, "samples");
});

Deno.test("a paired bootstrap is narrower than an unpaired one where both find the same images easy", () => {
  const first = simulated(3, 450, 1), second = simulated(3, 450, 1).map((row) => row.toReversed());
  const same = pairedBootstrap(first, first);
  assert.deepEqual(same, { value: 0, interval: [0, 0], p: 1 });
  const ofSameImages = first.map((row, i) => row.map((x, j) => j % 20 === i ? !x : x));
  const width = ({ interval: [low, high] }: { readonly interval: Pair }) => high - low;
  assert(width(pairedBootstrap(first, ofSameImages)) < 0.6 * width(pairedBootstrap(first, second)));
  const { value, interval } = pairedBootstrap(first, first.map((row) => row.map(() => false)));
  const mean = bootstrapMean(first);
  assert.deepEqual([value, interval], [mean.value, mean.interval]);
  assertThrows(() => pairedBootstrap(first, first.slice(1)), RangeError, "cannot be paired");
});
