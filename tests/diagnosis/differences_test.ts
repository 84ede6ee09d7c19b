import assert from "node:assert/strict";
import { assertAlmostEquals } from "../assert.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { difference, rateText, variantsText } from "../../lib/diagnosis/differences.ts";
import { overfits, overfittingText } from "../../lib/diagnosis/learning_curves.ts";
import { summarize } from "../../lib/diagnosis/summary.ts";
import { wilson } from "../../lib/metrics/wilson.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { measuredStep, scoredRun } from "./scored_runs.ts";

const [, tableRate, usual] = ablations(lenet5()).text.steps;

Deno.test("the interval of a difference is made from both", () => {
  const mean = (value: number, half: number) => ({
    ...{ value, interval: [value - half, value + half] as const, seeds: 3 },
  });
  const { value, interval } = difference(mean(0.5, 0.03), mean(0.2, 0.04));
  assertAlmostEquals(value, 0.3, 1e-12);
  assertAlmostEquals(interval[0], 0.25, 1e-12);
  assertAlmostEquals(interval[1], 0.35, 1e-12);
});

Deno.test("which learning rate is better follows from the numbers", () => {
  const step = (which: typeof usual, hits: number) => measuredStep(which!, [hits, hits, hits], []);
  const words = (first: number, second: number) =>
    rateText(step(tableRate, first), step(usual, second));
  assert.match(
    words(200, 60),
    /^On standardised pixels Table I's 0\.01 scores top-1 0\.444 against 1e-3's/,
  );
  assert.match(words(200, 60), /0\.133, which is 0\.311 better \(95 %: /);
  assert.match(words(60, 200), /which is 0\.311 worse/);
  assert.match(words(70, 69), /the difference of 0\.002 may be chance/);
});

Deno.test("colour is credited with a gain where it is one, and only there", () => {
  const variant = (name: string, hits: readonly number[]) => {
    const runs = hits.map((count, i) => scoredRun(i + 1, count));
    return { name, runs, summary: summarize(runs) };
  };
  const grey = variant("32×32 grey", [70, 70, 70]);
  const lines = variantsText([
    ...[grey, variant("32×32 colour", [200, 200, 200]), variant("64×64 grey", [75])],
  ]).split("\n");
  assert.match(
    lines[0]!,
    /^- 32×32 colour scores top-1 0\.444 against 32×32 grey's 0\.156, which is/,
  );
  assert.match(lines[0]!, /0\.289 better/);
  assert.match(lines[1]!, /may be chance \(.*\)\. It has one seed\.$/);
});

Deno.test("a network overfits if its training images do better, intervals and all", () => {
  const curve = (name: "published" | "corrected", title: string, train: number, val: number) => ({
    ...{ name, title, train: wilson(train * 10, 4500), val: wilson(val, 450) },
  });
  const [fits, over] = [curve("corrected", "A", 80, 75), curve("corrected", "B", 300, 75)];
  assert.deepEqual([overfits(fits), overfits(over)], [false, true]);
  const collapsed = curve("published", "A", 9, 9);
  assert.match(overfittingText([over, over]), /\(B, B\), all do better on training images\.$/);
  assert.equal(
    overfittingText([collapsed, fits, over]),
    "Of the published runs (A), none does better on its training images than on validation images. " +
      "Of the corrected runs (A, B), B does better on training images. " +
      "What A scored as published is not explained by overfitting.",
  );
});
