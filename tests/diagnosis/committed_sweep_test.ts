/** The committed sweeps, and what the README says of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { conclude } from "../../lib/diagnosis/conclusion.ts";
import { paperConfigurations } from "../../lib/diagnosis/fault_matrix.ts";
import { configurationKey } from "../../lib/diagnosis/measure_matrix.ts";
import { measureOutlook } from "../../lib/diagnosis/measure_outlook.ts";
import { type PaperSweep, paperSweep } from "../../lib/diagnosis/paper_sweep.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { readSweep } from "../../lib/runs/sweep_file.ts";
import { faultMatrixTable } from "../../lib/report/tables/fault_matrix_table.ts";
import { outlookTable } from "../../lib/report/tables/outlook_table.ts";
import { systemTitles } from "../../lib/systems/create_system.ts";
import { projectRoot } from "../../lib/util/files.ts";

const net = lenet5();
// both data sets have nine test images of each class
const labels = Int32Array.from({ length: 450 }, (_, i) => i % 50);

const seeds = ({ seeds }: PaperSweep) => `${seeds} ${seeds === 1 ? "seed" : "seeds"}`;

async function committed(folder: string): Promise<PaperSweep> {
  const entries = await readSweep(join(projectRoot, folder), "paper");
  assert(entries, `there is no sweep in ${folder}`);
  const keys = new Set(
    entries.map(({ outcomes: [first] }) => configurationKey(first!.outcome.configuration)),
  );
  for (const { name, configuration } of paperConfigurations(net)) {
    assert(keys.has(configurationKey(configuration)), `${folder} lacks ${name}`);
  }
  for (const { name, outcomes } of entries) {
    const seeds = outcomes.map(({ outcome }) => outcome.configuration.seed);
    assert.deepEqual(seeds, seeds.map((_, i) => i + 1), name);
    assert(outcomes.every(({ outcome: { test } }) => test.images === 450), name);
  }
  return paperSweep(net, entries, labels);
}

Deno.test("the README's words on mistakes alone are those of results/sweep_paper.json", async () => {
  const readme = (await Deno.readTextFile(join(projectRoot, "README.md"))).replace(/\s+/g, " ");
  const sweep = await committed("results");
  const found = conclude(net, sweep.matrix);
  const of = (run: string) => found.find((one) => one.run === run)!;
  const numpy = of("numpy"), torch = of("torch");
  assert.deepEqual(numpy.sufficient, ["start from U(0, 1) and U(−1, 1)"]);
  assert.deepEqual(torch.sufficient, ["swapped loss arguments"]);
  assert.deepEqual([numpy.necessary, torch.necessary], [[], []]);
  assert(found.every(({ correct }) => correct.verdict.alive), "all corrected systems learn");
  for (
    const words of [
      `NumPy's ${numpy.sufficient![0]}, and Torch's ${torch.sufficient![0]}.`,
      "all three networks score above chance",
      "No single repair revives either of the two networks.",
      `has ${sweep.seeds} seeds in each row`,
    ]
  ) assert(readme.includes(words), words);
});

Deno.test("the README's words on Tiny ImageNet are those of results/tiny50/sweep_paper.json", async () => {
  const readme = (await Deno.readTextFile(join(projectRoot, "README.md"))).replace(/\s+/g, " ");
  const there = await committed("results/tiny50");
  const found = conclude(net, there.matrix);
  const of = (run: string) => found.find((one) => one.run === run)!;
  const numpy = of("numpy"), torch = of("torch");
  assert.deepEqual([numpy.sufficient, torch.sufficient], [[], ["swapped loss arguments"]]);
  assert.deepEqual([numpy.necessary, torch.necessary], [[], []]);
  assert(readme.includes("of Tiny ImageNet the swapped loss arguments suffice too."));
  assert(readme.includes("No repair alone revives a network there either"));
  const start = there.matrix.rows.find(({ run, kind, fault }) =>
    run === "numpy" && kind === "one fault" && fault!.name.startsWith("start from U")
  )!;
  const { top1, top5 } = start.summary.test;
  const scores = `${top1.value.toFixed(3)} / ${top5.value.toFixed(3)}`;
  assert(start.verdict.alive);
  assert(readme.includes(`a little above chance, with top-1 / top-5 of ${scores}.`), scores);
  assert(readme.includes(`scored these means of ${seeds(there)} on the test images`));
  assert(readme.includes(`(results/tiny50/fault_matrix.svg), ${seeds(there)})`));
});

/** "better than 0.001 with Torch, and with Numpy and TF the difference may be chance" */
function ratesWords({ rates }: Pick<PaperSweep, "rates">): string {
  const names = (wanted: (low: number, high: number) => boolean) => {
    const found = rates.filter(({ difference: { interval: [low, high] } }) => wanted(low, high))
      .map(({ system }) => systemTitles[system].replace("LeNet5 ", ""));
    if (found.length === rates.length) return "all three";
    return found.length > 1 ? `${found.slice(0, -1).join(", ")} and ${found.at(-1)}` : found[0];
  };
  const better = names((low) => low > 0), worse = names((_, high) => high < 0);
  const chance = names((low, high) => low <= 0 && high >= 0);
  const parts = [
    ...better ? [`better than 0.001 with ${better}`] : [],
    ...worse ? [`worse${better ? "" : " than 0.001"} with ${worse}`] : [],
    ...chance ? [`with ${chance} the difference may be chance`] : [],
  ];
  return parts.join(", and ");
}

Deno.test("the README's words on Table I's learning rate are those of the sweeps", async () => {
  const readme = (await Deno.readTextFile(join(projectRoot, "README.md"))).replace(/\s+/g, " ");
  const [here, there] = [await committed("results"), await committed("results/tiny50")];
  for (
    const words of [
      `on the default images it scores ${ratesWords(here)} (notebook 7, ${here.seeds} seeds).`,
      `On Tiny ImageNet it scores ${ratesWords(there)} (${seeds(there)}).`,
    ]
  ) assert(readme.includes(words), words);
  for (const { matrix } of [here, there]) {
    const literal = matrix.rows.filter(({ run, kind }) =>
      run.startsWith("text") && kind === "published"
    );
    assert.deepEqual(literal.map(({ verdict }) => verdict.alive), [false, false, false]);
  }
  assert(readme.includes("On raw pixels it ends at chance with all three, on both."));
});

Deno.test("the committed tables of the matrix and of the outlook are those of the committed sweeps", async () => {
  // the rows depend on nothing else of a data set
  const dataset = { name: "", classes: net.layers, splits: { train: { length: 1 } } } as never;
  const rowsOf = async (path: string) =>
    JSON.parse(await Deno.readTextFile(join(projectRoot, path))).rows;
  const plain = (rows: unknown) => JSON.parse(JSON.stringify(rows));
  for (const folder of ["results", "results/tiny50"]) {
    const { matrix } = await committed(folder);
    for (const run of ["numpy", "torch", "keras"] as const) {
      const path = `${folder}/fault_matrix_${run}.json`;
      const { rows } = faultMatrixTable(dataset, matrix, run).options;
      assert.deepEqual(await rowsOf(path), plain(rows), path);
    }
  }
  const outlook = measureOutlook((await readSweep(join(projectRoot, "results"), "outlook"))!);
  const { rows } = outlookTable(dataset, outlook).options;
  assert.deepEqual(await rowsOf("results/outlook.json"), plain(rows));
});
