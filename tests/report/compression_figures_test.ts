/** Figures of pruning and quantization: what they draw, and what they refuse. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import sharp from "sharp";
import { assertLess, assertThrows } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { numberLineFigure, throughQuantizer } from "../../lib/report/figures/number_line_figure.ts";
import { tradeOffFigure } from "../../lib/report/figures/trade_off_figure.ts";
import { weightHistogramFigure } from "../../lib/report/figures/weight_histogram_figure.ts";
import { weightMapFigure } from "../../lib/report/figures/weight_map_figure.ts";
import { Figure } from "../../lib/report/figure.ts";
import { savedFigure } from "../../lib/report/saved_figure.ts";
import { savedTable } from "../../lib/report/saved_table.ts";
import { Table } from "../../lib/report/table.ts";
import { comparisonWords, curveWords } from "../../lib/report/words/compression_words.ts";
import type { CurvePoint } from "../../lib/runs/pruning_curve.ts";
import type { QuantizedResult } from "../../lib/runs/quantized_results.ts";
import type { MeasuredCosts } from "../../lib/runs/saved_by_compression.ts";

const title = { title: "made" };
const int8 = { zero: 0, lowest: -127, highest: 127 };

Deno.test("a number comes back from the quantizer within half a step, or is clipped", () => {
  const quantizer = fc.record({
    scale: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    zero: fc.double({ min: 0, max: 255, noNaN: true }),
  });
  fc.assert(fc.property(
    fc.double({ min: -1000, max: 1000, noNaN: true }),
    quantizer,
    (real, { scale, zero }) => {
      const given = throughQuantizer(real, { scale, zero, lowest: 0, highest: 255 });
      if (given.clipped) assert(given.stored === 0 || given.stored === 255);
      else assertLess(Math.abs(given.back - real), scale / 2 + 1e-9);
    },
  ));
  assert.deepEqual(throughQuantizer(2.6, { ...int8, scale: 1 }).stored, 3);
  assert.deepEqual(throughQuantizer(300, { ...int8, scale: 1 }), {
    ...{ real: 300, stored: 127, back: 127, clipped: true },
  });
  assertThrows(() => throughQuantizer(NaN, { ...int8, scale: 1 }), RangeError, "NaN");
  assertThrows(() => throughQuantizer(1, { ...int8, scale: 0 }), RangeError, "above 0");
});

Deno.test("the number line has a tick for each whole number, and an arrow for each number", () => {
  const { svg, alt } = numberLineFigure([0.2, 1.5], { ...int8, scale: 0.01 }, title);
  for (const said of ["0.200", "1.50", "−127", ">127<", ">20<"]) assert(svg.includes(said), said);
  assert(alt.includes("clipped"));
  assert(!numberLineFigure([0.2], { ...int8, scale: 0.01 }, title).alt.includes("clipped"));
  assertThrows(() => numberLineFigure([], { ...int8, scale: 1 }, title), RangeError, "no number");
});

Deno.test("a weight is blue below zero, orange above, and grey where it is zero", async () => {
  const shape = [2, 2];
  const { svg } = await weightMapFigure([{ title: "m", shape, values: [-1, 1, 0, 0.5] }], title);
  const png = Uint8Array.fromBase64(svg.match(/base64,([^"]*)"/)![1]!);
  const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const pixel = (i: number) => [...data.subarray(3 * i, 3 * i + 3)];
  assert(pixel(0)[2]! > pixel(0)[0]! + 50, "blue");
  assert(pixel(1)[0]! > pixel(1)[2]! + 50, "orange");
  assert.deepEqual(pixel(2), [200, 200, 200]);
  const bad = [{ title: "m", shape: [3, 1], values: [1, 2] }];
  await assert.rejects(weightMapFigure(bad, title), /2 weights do not fill 3 rows/);
  await assert.rejects(weightMapFigure([], title), /no weights/);
});

Deno.test("the histograms say which share of each layer is zero at each stage", () => {
  const weights = initialWeights(lenet5(4), "lecun", 1);
  const half = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => [name, {
      shape,
      data: data.map((w, i) => i % 2 === 0 ? w : 0),
    }]),
  );
  const { svg } = weightHistogramFigure([
    { name: "whole", weights },
    { name: "half", weights: half },
  ], title);
  assert.equal(svg.match(/zero: 0\.0 %/g)!.length, 5);
  assert.equal(svg.match(/zero: 50\.0 %/g)!.length, 5);
  assertThrows(() => weightHistogramFigure([], title), RangeError, "no weights");
  assertThrows(
    () => weightHistogramFigure([{ name: "a", weights }, { name: "b", weights: {} }], title),
    RangeError,
    "conv1.weight",
  );
});

const share = (value: number) => ({ value, interval: [value - 0.1, value + 0.1], images: 100 });
const result = (name: string, bytes: number, test?: readonly [number, number, number]) =>
  ({
    ...{ name, bytes, moreEpochs: 0, top1: share(0.5) },
    ...test && {
      comparison: {
        paired: { onlyFirst: test[0], onlySecond: test[1], p: test[2], corrected: test[2] },
      },
    },
  }) as unknown as QuantizedResult;

Deno.test("accuracy against bytes and time has a number for each network in each panel", () => {
  const results = [result("a", 1000), result("b", 1000), result("c", 300)];
  const rate = (median: number) => ({ median });
  const networks = results.map(({ name }, i) => ({ name, single: rate(1 + i), batch: rate(9) }));
  const costs = { networks } as unknown as MeasuredCosts;
  const { svg } = tradeOffFigure(results, costs, "made-up numbers");
  for (const number of [1, 2, 3]) {
    assert.equal(svg.match(new RegExp(`>${number}</text>`, "g"))!.length >= 3, true, `${number}`);
  }
  assertThrows(
    () => tradeOffFigure([...results, result("d", 1)], costs, ""),
    RangeError,
    "costs of d",
  );
});

Deno.test("the sentences on controls follow the corrected tests", () => {
  const said = comparisonWords([
    result("control", 1),
    result("worse", 1, [20, 2, 0.01]),
    result("better", 1, [2, 20, 0.01]),
    result("alike", 1, [8, 3, 0.3]),
  ]);
  assert(said.includes("less often than the control: worse."), said);
  assert(said.includes("more often than the control: better."), said);
  assert(said.includes("is measured for: alike."), said);
  const point = (sparsity: number, corrected: number, scope: "layer" | "global" = "layer") =>
    ({ scope, sparsity, paired: { onlyFirst: 9, onlySecond: 1, corrected } }) as CurvePoint;
  const curve = (...ps: number[]) => curveWords(ps.map((p, i) => point((i + 1) / 10, p)));
  assert(curve(1, 1).includes("no loss is measured up to 20 % zeros."), curve(1, 1));
  assert(curve(1, 0.01).includes("up to 10 % zeros; at 20 %"), curve(1, 0.01));
  assert(curve(0.01, 1).includes("from 10 % zeros on"), curve(0.01, 1));
});

Deno.test("a table that another task saved is shown again, or is said to be missing", async () => {
  const folder = await Deno.makeTempDir();
  const table = new Table({ title: "t", columns: [{ key: "a", label: "A" }], rows: [{ a: 1 }] });
  await table.save(`${folder}/one`);
  assert.equal((await savedTable("one", folder))!.markdown(), table.markdown());
  assert.equal(await savedTable("two", folder), undefined);
  await Deno.writeTextFile(`${folder}/two.json`, "{}");
  await assert.rejects(savedTable("two", folder), /two\.json holds no table/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a figure that another task saved is shown again with its words, or is said to be missing", async () => {
  const folder = await Deno.makeTempDir();
  const text = { title: "Losses < 4", caption: 'Dotted is "chance".' };
  await new Figure({ width: 10, height: 10, body: "<rect/>" }, text).save(`${folder}/one`);
  const shown = (await savedFigure("one", folder))!.displayData();
  assert.match(shown["text/html"]!, /^<img alt="Losses &lt; 4\. Dotted is &quot;chance&quot;\." /);
  assert.match(shown["text/html"]!, /src="data:image\/svg\+xml;base64,[\w+/]{100,}=*">$/);
  assert.equal(await savedFigure("two", folder), undefined);
  await Deno.writeTextFile(`${folder}/two.svg`, "<svg></svg>");
  await assert.rejects(savedFigure("two", folder), /two\.svg holds no figure/);
  await Deno.remove(folder, { recursive: true });
});
