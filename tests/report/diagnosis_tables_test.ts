/** The tables of notebook 7 say what the paper says, what was measured, and a row named after a system holds runs of it. */
import assert from "node:assert/strict";
import { assertStringIncludes, assertThrows } from "../assert.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { correctedRun } from "../../lib/diagnosis/paper_faults.ts";
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
const all = ablations(lenet5());
const measure = ({ name, steps }: typeof all.numpy) =>
  measuredAblation(name, steps.map((step, i) => measuredStep(step, [9 + i, 9, 9], layers)));
const [numpy, torch, keras] = [all.numpy, all.torch, all.keras].map(measure);
const code = { numpy: numpy!.first, torch: torch!.first, keras: keras!.first };

Deno.test("the paper's code: each row holds runs of the system that it names", () => {
  const { rows } = paperCodeTable(dataset, code).options;
  assert.deepEqual(rows.map(({ system }) => system), ["LeNet5 Numpy", "LeNet5 Torch", "LeNet5 TF"]);
  assert.deepEqual(rows.map(({ paper1 }) => paper1), [0.02, 0.02, 0.1756]);
  assert.deepEqual(rows[0]!.top1, code.numpy.test.top1);
  const borrowed = { ...code, keras: code.torch };
  assertThrows(
    () => paperCodeTable(dataset, borrowed),
    RangeError,
    "a row named LeNet5 TF was given runs of LeNet5 Torch",
  );
});

Deno.test("an ablation's table: its steps are numbered and judged", () => {
  const { rows } = ablationTable(dataset, torch!).options;
  assert.deepEqual(rows.length, torch!.steps.length);
  assert.deepEqual(rows[0]!.step, "0. the paper's code");
  assert.deepEqual(rows.map(({ alive }) => alive).at(-1), "no (1.00)");
});

Deno.test("Table II, complete: cells of another system are refused, empty ones stay empty", () => {
  const best = summarize([scoredRun(1, 90)]);
  const corrected = { numpy: numpy!.last, torch: torch!.last, keras: keras!.last };
  const columns = { code, text: {}, corrected, best: { numpy: best } };
  const { rows } = completeTable2(dataset, columns).options;
  assert.deepEqual(rows.length, 12);
  assert.deepEqual([rows[0]!.paper, rows[0]!.best], [0.02, best.val.top1]);
  assert.deepEqual([rows[4]!.best, rows[4]!.text], [undefined, undefined]);
  assertThrows(
    () => completeTable2(dataset, { ...columns, best: { torch: best } }),
    RangeError,
    "a row named LeNet5 Torch was given runs of LeNet5 Numpy",
  );
});

Deno.test("warnings stand beside their runs; input variants name the system that computed them", () => {
  const configuration = correctedRun(lenet5(), "torch");
  const warning = { check: "loss below zero", measured: "m", cause: "c" } as const;
  const fit = (warnings: readonly typeof warning[]) => ({ history: [], warnings });
  const { rows, title } = warningsTable([
    { name: "faulty", configuration, fit: fit([warning]) },
    { name: "sound", configuration, fit: fit([]) },
  ], "made-up images").options;
  assert.match(title, /, on made-up images$/);
  assert.deepEqual(rows.map(({ run, check }) => [run, check]), [
    ["faulty", "loss below zero"],
    ["sound", "none"],
  ]);
  const runs = [scoredRun(1, 90)];
  const variants = [{ name: "64×64 grey", runs, summary: summarize(runs) }];
  const text = inputVariantsTable(dataset, variants).text();
  assertStringIncludes(text, "Computed by LeNet5 Numpy.");
  assertStringIncludes(text, "64×64 grey");
});
