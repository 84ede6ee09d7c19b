/** The tables of notebook 7 say what the paper says, what was measured, and which system computed it. */
import assert from "node:assert/strict";
import { assertStringIncludes } from "../assert.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { ablations, correctedRun } from "../../lib/diagnosis/ablations.ts";
import { summarize } from "../../lib/diagnosis/summary.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { ablationTable } from "../../lib/report/tables/ablation_table.ts";
import { inputVariantsTable } from "../../lib/report/tables/input_variants_table.ts";
import { paperCodeTable } from "../../lib/report/tables/paper_code_table.ts";
import { completeTable2 } from "../../lib/report/tables/table_2_complete.ts";
import { warningsTable } from "../../lib/report/tables/warnings_table.ts";
import { measuredAblation, measuredStep, scoredRun } from "../diagnosis/scored_runs.ts";

const dataset = { name: "made-up", synthetic: false, classes: Array(50) } as unknown as Dataset;
const layers = [
  { layer: "conv1", saturated: 0.25, gradientNorm: 0.5 },
  { layer: "fc1", saturated: undefined, gradientNorm: 1 },
];
const all = ablations(lenet5(), 6000);
const measure = ({ name, steps }: typeof all.numpy) =>
  measuredAblation(name, steps.map((step, i) => measuredStep(step, [9 + i, 9, 9], layers)));
const [numpy, torch, keras] = [all.numpy, all.torch, all.keras].map(measure);
const code = { numpy: numpy!.first, torch: torch!.first, keras: keras!.first };

Deno.test("the paper's code: each row names the system that computed it", () => {
  const { rows } = paperCodeTable(dataset, code).options;
  assert.deepEqual(rows.map(({ system, computedBy }) => [system, computedBy]), [
    ["LeNet5 Numpy", "LeNet5 Numpy"],
    ["LeNet5 Torch", "LeNet5 Torch"],
    ["LeNet5 TF", "LeNet5 Numpy"],
  ]);
  assert.deepEqual(rows.map(({ paper1 }) => paper1), [0.02, 0.02, 0.1756]);
  assert.deepEqual(rows[0]!.top1, code.numpy.test.top1);
});

Deno.test("an ablation's table: its steps are numbered, with medians of every layer", () => {
  const { rows } = ablationTable(dataset, torch!).options;
  assert.deepEqual(rows.length, torch!.steps.length);
  assert.deepEqual(rows[0]!.step, "0. the paper's code");
  assert.deepEqual(rows.map(({ computedBy }) => computedBy).slice(0, 2), [
    "LeNet5 Torch",
    "LeNet5 Numpy",
  ]);
  assert.deepEqual([rows[1]!.saturated, rows[1]!.gradients], ["25 %", "5e-1, 1e+0"]);
});

Deno.test("Table II, complete: cells of another system are named, empty ones stay empty", () => {
  const best = summarize([scoredRun(1, 90)]);
  const corrected = { numpy: numpy!.last, torch: torch!.last, keras: keras!.last };
  const table = completeTable2(dataset, { code, text: {}, corrected, best: { numpy: best } });
  const { rows, notes } = table.options;
  assert.deepEqual(rows.length, 12);
  assert.deepEqual([rows[0]!.paper, rows[0]!.best], [0.02, best.val.top1]);
  assert.deepEqual([rows[4]!.best, rows[4]!.text], [undefined, undefined]);
  assert.deepEqual(
    notes!.at(-1),
    "Computed by LeNet5 Numpy, from the starting weights of the system that the row names: " +
      "LeNet5 TF, paper's code; LeNet5 Torch, corrected; LeNet5 TF, corrected.",
  );
  const own = completeTable2(dataset, { code: {}, text: {}, corrected: {}, best: { numpy: best } });
  assert(own.options.notes!.every((note) => !note.startsWith("Computed by")));
});

Deno.test("warnings and input variants name the system that computed them", () => {
  const configuration = correctedRun(lenet5(), "torch");
  const warning = { check: "loss below zero", measured: "m", cause: "c" } as const;
  const fit = (warnings: readonly typeof warning[]) => ({ history: [], warnings });
  const { rows } = warningsTable([
    { name: "faulty", configuration, fit: fit([warning]) },
    { name: "sound", configuration, fit: fit([]) },
  ]).options;
  assert.deepEqual(rows.map(({ run, check, computedBy }) => [run, check, computedBy]), [
    ["faulty", "loss below zero", "LeNet5 Numpy"],
    ["sound", "none", "LeNet5 Numpy"],
  ]);
  const runs = [scoredRun(1, 90)];
  const variants = [{ name: "64×64 grey", runs, summary: summarize(runs) }];
  const text = inputVariantsTable(dataset, variants).text();
  assertStringIncludes(text, "Computed by LeNet5 Numpy.");
  assertStringIncludes(text, "64×64 grey");
});
