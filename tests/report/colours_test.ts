/** One colour a system, in every figure. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertStringIncludes } from "../assert.ts";
import { Figure } from "../../lib/report/figure.ts";
import { accuracyBars } from "../../lib/report/figures/table_2_figure.ts";
import { otherStyle, systemStyle } from "../../lib/report/plot.ts";
import { savedFigure } from "../../lib/report/saved_figure.ts";
import type { ScoredRun } from "../../lib/runs/score_run.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { projectRoot } from "../../lib/util/files.ts";

const others = [0, 1, 2, 3].map((index) => otherStyle(index).color);

Deno.test("each system has a colour of its own, and nothing else has one of these colours", async () => {
  const own = systemNames.map((system) => systemStyle(system).color);
  assert.equal(new Set(own).size, own.length);
  assert(others.every((color) => !own.includes(color)));
  for (const folder of ["lib/report/figures", "bench", "bench/witness", "notebooks"]) {
    for (const { name, isFile } of Deno.readDirSync(join(projectRoot, folder))) {
      if (!isFile || !/\.(ts|ipynb)$/.test(name)) continue;
      const text = await Deno.readTextFile(join(projectRoot, folder, name));
      const written = own.filter((color) => text.includes(color));
      assert.deepEqual(written, [], `${folder}/${name} writes colours of systems itself`);
    }
  }
});

Deno.test("the bars of Table II have the colours of their systems", () => {
  const share = { value: 0.2, interval: [0.1, 0.3] as const };
  const scored = systemNames.map((system) => ({
    run: { configuration: { system } },
    test: { top1: share, top5: share },
  })) as unknown as ScoredRun[];
  const classes = Array.from({ length: 50 }, (_, i) => `class ${i}`);
  const { svg, alt } = accuracyBars({ name: "made-up", classes } as never, scored);
  assert(
    alt.includes(
      "LeNet5 TF: top-1 0.200 here and 0.1756 in the paper, top-5 0.200 here and 0.3867 in",
    ),
    alt,
  );
  for (const system of systemNames) {
    const bars = svg.split(`fill="${systemStyle(system).color}"`).length - 1;
    assert.equal(bars, 2, `${system}: top-1 and top-5`);
  }
});

Deno.test("a saved figure is shown without paper and in an ink for both themes, as a new one is", async () => {
  const folder = await Deno.makeTempDir();
  const inner = new Figure({ width: 90, height: 10, body: "" }, { title: "panel" });
  const figure = new Figure({ width: 200, height: 60, body: inner.svg }, {
    ...{ title: "Saved & shown", caption: "In <words>." },
    legend: [{ label: "grey", color: "#555" }],
  });
  await figure.save(join(folder, "one"));
  assertStringIncludes(figure.svg, 'fill="white"');
  const shown = (await savedFigure("one", folder))!.displayData()["text/html"]!;
  const source = (html: string) => /src="data:image\/svg\+xml;base64,([^"]*)"/.exec(html)![1]!;
  assert.equal(source(shown), source(figure.displayData()["text/html"]!));
  const svg = new TextDecoder().decode(Uint8Array.fromBase64(source(shown)));
  assert(!svg.includes('fill="white"') && !svg.includes("#555"), svg);
  await Deno.remove(folder, { recursive: true });
});
