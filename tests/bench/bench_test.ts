/** The bench's arithmetic, and that a contender of ours answers as the protocol has it. */
import { median } from "../../lib/metrics/median.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertGreater } from "../assert.ts";
import {
  Contender,
  type ContenderName,
  type Measurement,
  pairedRatio,
} from "../../bench/contenders.ts";
import { throughputTable } from "../../bench/report.ts";
import { claimedRatios, fileName, machinesTable, runsTable } from "../../bench/runs.ts";
import { int8Speeds } from "../../bench/int8_speeds.ts";
import { targetsTable } from "../../bench/targets.ts";
import { projectRoot } from "../../lib/util/files.ts";

const measured = (name: ContenderName, rates: readonly number[]): Measurement => ({
  ...{ name, threads: 1, rates, peakBytes: 1e6 },
});

const occasion = { machine: "a machine", date: "2026-01-31" };

Deno.test("the median of an even number is the mean of the middle two", () => {
  assert.deepEqual(median([3, 1, 2]), 2);
  assert.deepEqual(median([4, 1, 2, 3]), 2.5);
});

Deno.test("ratios are taken round by round", () => {
  // twice as fast in every round, though the machine was slow in one
  const [ours, theirs] = [
    measured("numpy (ours)", [200, 20, 220]),
    measured("PyTorch", [100, 10, 110]),
  ];
  assert.deepEqual(pairedRatio(ours, theirs), { median: 2, low: 2, high: 2 });
  assert.deepEqual(pairedRatio(measured("numpy (ours)", []), theirs), undefined);
});

Deno.test("tables hold who failed and why, and the claims' ratios run by run", () => {
  const measurements = [
    measured("numpy (ours)", [300, 330]),
    { ...measured("numpy (ours), turbo", []), error: "no such flag" },
    measured("PyTorch", [100, 100]),
  ];
  const title = "Training, batch 256";
  const sections = [{ title, threads: 1, measurements, baseline: "PyTorch" as const }];
  const text = throughputTable(occasion, sections).text();
  assert(text.includes("3.15 (3.00–3.30)") && text.includes("no such flag"), text);
  const ratios = claimedRatios(sections);
  assert.deepEqual(Object.values(ratios), [3.15]);
  assert.match(text, /Measured on 2026-01-31, on: a machine\./);
  const { machine } = occasion, run = { ...occasion, ratios };
  const runs = runsTable([{ machine, ratios }, { ...occasion, ratios: {} }, run]);
  assert.match(
    runs.text(),
    /a machine; run 1 on a day that was not noted, run 2 on 2026-01-31, run 3 on 2026-01-31\./,
  );
  assert.deepEqual(runs.options.rows[0]!["median"], 3.15);
  assert.deepEqual(runs.options.rows[1]!["median"], undefined);
});

Deno.test("machines stand side by side, each by the median of its runs", () => {
  const title = "Training, batch 256";
  const ratiosOf = (rate: number) =>
    claimedRatios([{
      ...{ title, threads: 1, baseline: "PyTorch" as const },
      measurements: [measured("numpy (ours)", [rate]), measured("PyTorch", [100])],
    }]);
  const runs = [300, 500, 400].map((rate) => ({
    ...{ machine: "one", date: `2026-01-0${rate / 100}`, ratios: ratiosOf(rate) },
  }));
  const table = machinesTable([...runs, { machine: "two", ratios: ratiosOf(250) }]);
  assert.deepEqual([table.options.rows[0]!["A"], table.options.rows[0]!["B"]], [4, 2.5]);
  assert.match(
    table.text(),
    /Machine A: one; medians of its last 3 runs, run 1 on 2026-01-03, run 2 on 2026-01-05/,
  );
  assert.equal(fileName("AMD EPYC (x), 2 cores, 23 GiB"), "amd-epyc-x-2-cores");
});

Deno.test("the int8 table has the speed of the setting that was measured, and of no other", () => {
  const sections = [{
    ...{ title: "Compressed inference, batch 256", threads: 1, baseline: "numpy (ours)" as const },
    measurements: [measured("PyTorch", [100, 200]), measured("PyTorch, int8", [60, 60])],
  }];
  const speed = int8Speeds(sections, false);
  assert.deepEqual(speed("PyTorch", "float32", 256), { rate: 150 });
  const int8 = speed("PyTorch", "int8, weights of 7 bits", 256);
  assert.deepEqual(int8, { rate: 60, times: "0.45 (0.30–0.60)" });
  assert.equal(speed("PyTorch", "int8, weights of 8 bits", 256), undefined);
  assert.equal(speed("PyTorch", "float32", 1), undefined);
});

Deno.test("a contender answers each request, in turbo and with few permissions too", async () => {
  const jpeg = join(projectRoot, "tests/fixtures/opencv/colour.jpg");
  for (const name of ["numpy (ours)", "torch (ours), turbo", "int8 (ours), turbo"] as const) {
    const contender = new Contender(name, 1);
    try {
      const infers = await contender.ask({ work: "infer", batch: 4, seconds: 0.01 });
      assert("images" in infers && infers.images > 0, JSON.stringify(infers));
      // Deno and its compiled modules alone take more than that
      if (Deno.build.os === "linux") assertGreater(await contender.peakBytes(), 30e6);
      if (name.startsWith("int8")) continue;
      if (name === "numpy (ours)") {
        await Deno.mkdir(join(projectRoot, ".cache", "bench"), { recursive: true });
        const drawn = await contender.ask({ work: "draw", batch: 1, images: 50, seconds: 0.01 });
        assert("images" in drawn && drawn.images % 150 === 0, JSON.stringify(drawn));
      }
      // what is prepared once is used again for batches of the same size
      const read = (path: string, batch: number) =>
        contender.ask({ work: "preprocess", batch, seconds: 0.01, paths: [path] });
      assert("images" in await read(jpeg, 1));
      const missing = await read("/missing.jpg", 2);
      assert("error" in missing && missing.error.includes("/missing.jpg"));
    } finally {
      await contender.stop();
    }
    assert.equal(await contender.peakBytes(), 0, "it goes on after its end");
  }
});

Deno.test("a target is reached by the median of the rounds' ratios, beside the strongest other", () => {
  const section = (title: string, threads: number, measurements: Measurement[]) => ({
    ...{ title, threads, measurements, baseline: "PyTorch" as const },
  });
  const training = [
    measured("numpy (ours)", [150, 300]),
    measured("torch (ours)", [100, 200]),
    measured("PyTorch", [50, 110]),
    measured("Keras", [500, 400]),
  ];
  const single = [measured("keras (ours)", [3000, 3200])];
  const jpegs = [measured("preprocessing (ours)", [90]), measured("OpenCV + DataLoader", [100])];
  const { rows } = targetsTable(occasion, [
    section("Training, batch 256", 1, [measured("torch (ours)", [1]), measured("PyTorch", [9])]),
    section("Training, batch 256", 2, training),
    section("Inference, batch 1", 1, single),
    section("JPEG files to 32×32 grey", 4, jpegs),
  ]).options;
  assert.deepEqual(rows.map(({ who, ratio, reached }) => [who, ratio, reached]), [
    ["torch (ours)", "1.91 (1.82–2.00)", "no"],
    ["torch (ours)", "not measured", ""],
    ["torch (ours)", "0.67 (0.67–0.67)", "yes"],
    ["keras (ours)", "0.93 (0.90–0.96)", "no"],
    ["preprocessing (ours)", "0.90 (0.90–0.90)", "no"],
  ]);
  assert.deepEqual([rows[0]!["strongest"], rows[0]!["beside"]], ["Keras", 150 / 450]);
  assert.equal(rows[3]!["strongest"], undefined);
});
