import assert from "node:assert/strict";
import { assertGreater, assertLess, assertThrows } from "../assert.ts";
import { measureOutlook } from "../../lib/diagnosis/measure_outlook.ts";
import { outlookList, plainNetwork } from "../../lib/diagnosis/outlook.ts";
import { pairedBootstrap } from "../../lib/metrics/bootstrap.ts";
import { countParameters, lenet5, trace } from "../../lib/model/architecture.ts";
import { detailWords, outlookTable, outlookWords } from "../../lib/report/tables/outlook_table.ts";
import { packBits, type SplitOutcome } from "../../lib/runs/run_outcome.ts";
import type { SweptEntry } from "../../lib/runs/sweep_file.ts";
import { Rng } from "../../lib/util/rng.ts";

const list = outlookList(50);

Deno.test("the outlook's entries differ from the plain network in one thing each", () => {
  const [plain, ...others] = list;
  assert.equal(plain!.name, plainNetwork);
  assert.deepEqual(plain!.configuration.architecture, lenet5());
  assert.equal(others.length, 10);
  const rest = ({ configuration: { architecture: _, ...rest } }: typeof list[number]) => rest;
  for (const entry of others) {
    assert.deepEqual(rest(entry), rest(plain!), entry.name);
    const { architecture } = entry.configuration;
    const same = JSON.stringify(architecture.layers) === JSON.stringify(lenet5().layers);
    assert.notEqual(same, entry.preprocess === undefined, entry.name);
  }
  const kinds = (name: string) =>
    list.find((entry) => entry.name === name)!.configuration.architecture.layers
      .map(({ kind }) => kind).join(" ");
  assert.equal(
    kinds("batch normalisation"),
    "conv batchnorm tanh maxpool conv batchnorm tanh maxpool flatten " +
      "dense batchnorm tanh dense batchnorm tanh dense",
  );
  assert.equal(
    kinds("dropout of one half"),
    "conv tanh maxpool conv tanh maxpool flatten dense tanh dropout dense tanh dropout dense",
  );
  assert.equal(
    kinds("one more convolution"),
    "conv tanh maxpool conv tanh conv tanh maxpool flatten dense tanh dense tanh dense",
  );
  assert(!kinds("average pooling").includes("maxpool"));
  for (const { configuration } of list) trace(configuration.architecture);
});

/** A sweep of two seeds with made-up hits: each image is right with an entry's own probability. */
function swept(chances: Readonly<Record<string, number>>): SweptEntry[] {
  return Object.entries(chances).map(([name, chance]) => {
    const { configuration } = list.find((entry) => entry.name === name)!;
    const outcomes = [1, 2].map((seed) => {
      const split = (which: string): SplitOutcome => {
        // with the same seed an image is as hard for all entries
        const rng = new Rng(seed).fork(which);
        const hits = Array.from({ length: 200 }, () => rng.uniform() < chance);
        const top1Images = packBits(hits), top1 = hits.filter(Boolean).length;
        return { images: 200, top1, top5: top1, predicted: 50, top1Images, top5Images: top1Images };
      };
      const outcome = {
        ...{ key: name, configuration: { ...configuration, seed }, epochs: [], weights: "" },
        ...{ images: { train: "", val: "", test: "" }, val: split("val"), test: split("test") },
      };
      const made = { seconds: [1], runsOn: "", code: "", date: `2026-01-0${seed}T10:00:00.000Z` };
      return { outcome, made };
    });
    return { name, outcomes };
  });
}

Deno.test("differences are the plain network's, tested together", () => {
  const entries = swept({ [plainNetwork]: 0.3, colour: 0.6, ReLU: 0.3, "average pooling": 0.1 });
  const outlook = measureOutlook(entries);
  assert.equal(outlook.images, 400);
  assert.deepEqual(outlook.dates, ["2026-01-01", "2026-01-02"]);
  const [plain, colour, relu, pooling] = outlook.rows;
  assert.equal(plain!.difference, undefined);
  assert.equal(plain!.parameters, 65_106);
  assert.equal(colour!.parameters, countParameters(list[1]!.configuration.architecture));
  assertGreater(colour!.difference!.value, 0.2);
  assertLess(colour!.difference!.corrected, 0.05);
  assert.deepEqual([relu!.difference!.value, relu!.difference!.corrected], [0, 1]);
  assertLess(pooling!.difference!.value, -0.1);
  const words = outlookWords(outlook.rows);
  assert.match(
    words,
    /^Better than the first: colour \(\+0\.\d+\)\. Worse: average pooling \(−0\.\d+\)\./,
  );
  assert.match(words, /No difference is shown for ReLU/);
  const dataset = { name: "made", synthetic: false, classes: ["a"] };
  assert.match(outlookTable(dataset as never, outlook).markdown(), /paired by image and seed/);
});

Deno.test("a sweep without the plain network, or with other seeds, is refused", () => {
  assertThrows(() => measureOutlook(swept({ colour: 0.5 })), RangeError, "sweep it again");
  const [plain, colour] = swept({ [plainNetwork]: 0.3, colour: 0.5 });
  const fewer = { ...colour!, outcomes: colour!.outcomes.slice(0, 1) };
  assertThrows(() => measureOutlook([plain!, fewer]), RangeError, "with the seeds 1, the plain");
});

Deno.test("the bootstrap's p-value is small for a difference, and large for none", () => {
  const rng = new Rng(3);
  const draw = (chance: number) =>
    Array.from({ length: 3 }, () => Array.from({ length: 200 }, () => rng.uniform() < chance));
  const first = draw(0.3);
  assertLess(pairedBootstrap(draw(0.6), first).p, 0.01);
  assertGreater(pairedBootstrap(draw(0.6), first).p, 0);
  assertGreater(pairedBootstrap(draw(0.3), first).p, 0.05);
  assert.equal(pairedBootstrap(first, first).p, 1);
});

Deno.test("what colour and size gain is told from the numbers", () => {
  const score = { value: 0.1, interval: [0, 1] as const, seeds: 5 };
  const row = (name: string, parameters: number, value?: number, corrected = 1) => ({
    ...{ name, parameters, multiplyAdds: 1, seeds: 5 },
    ...{ val: { top1: score, top5: score }, test: { top1: score, top5: score } },
    ...value !== undefined && {
      difference: {
        value,
        interval: [value - 0.01, value + 0.01] as const,
        p: corrected,
        corrected,
      },
    },
  });
  const words = detailWords({
    rows: [row("plain", 10), row("colour", 11, 0.005), row("64×64 pixels", 50, 0.041, 0.01)],
  }).split("\n");
  assert.match(
    words[0]!,
    /^- With colour top-1 differs by 0\.005, which may be chance \(95 %: -0\.005/,
  );
  assert.match(
    words[1]!,
    /0\.041 higher .*5 seeds; p = 0\.010 after Holm\)\. Its network has 5\.0 times/,
  );
  assert.match(detailWords({ rows: [row("plain", 10)] }), /neither colour nor larger/);
});
