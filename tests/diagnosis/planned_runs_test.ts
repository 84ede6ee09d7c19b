/** What is trained before a diagnosis is what its parts ask for. */
import assert from "node:assert/strict";
import { matrixRows } from "../../lib/diagnosis/fault_matrix.ts";
import { learningCurves } from "../../lib/diagnosis/learning_curves.ts";
import { literalRuns } from "../../lib/diagnosis/literal_runs.ts";
import { measureAblations } from "../../lib/diagnosis/measure_ablation.ts";
import { measureMatrix } from "../../lib/diagnosis/measure_matrix.ts";
import { paperTextRun } from "../../lib/diagnosis/paper_faults.ts";
import { diagnosisRuns } from "../../lib/diagnosis/planned_runs.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import type { Experiment } from "../../lib/runs/experiment.ts";
import { recipes } from "../../lib/runs/recipes.ts";
import { type RunConfiguration, runConfiguration } from "../../lib/runs/run_configuration.ts";
import { runSeeds } from "../../lib/runs/run_seeds.ts";
import { runData } from "../runs/pixels.ts";

const architecture = lenet5(5), data = runData();
const weights = initialWeights(architecture, "pytorch", 1);

/** A store that trains nothing, and remembers what it was asked for. */
function askedFor() {
  const asked = new Set<string>();
  const loadOrTrain = (configuration: RunConfiguration) => {
    asked.add(JSON.stringify(configuration));
    const accuracy = { top1: 0.2, images: data.val.length };
    const history = Array.from({ length: configuration.epochs }, (_, i) => (
      { epoch: i + 1, loss: 1, accuracy: 0.2, seconds: 1, val: { ...accuracy, loss: 1 } }
    ));
    const run = { configuration, weights, history, seconds: 1, normalisation: { mean: 0, std: 1 } };
    return Promise.resolve({ run, origin: "loaded" });
  };
  return {
    asked,
    experiment: { architecture, data, store: { loadOrTrain } } as unknown as Experiment,
  };
}

Deno.test("the runs that are planned are those that the parts of the diagnosis ask for", async () => {
  const { asked, experiment } = askedFor();
  const [seeds, matrixSeeds, bestSeeds] = [[2], [3], [1, 2]];
  await measureAblations(experiment, { seeds });
  await learningCurves(experiment);
  await literalRuns(experiment, { seeds });
  await measureMatrix(experiment, { seeds: matrixSeeds });
  const best = runConfiguration({ system: "numpy", architecture, ...recipes.best });
  await runSeeds(experiment.store, data, best, bestSeeds);
  const planned = diagnosisRuns(architecture, undefined, { seeds, matrixSeeds, bestSeeds });
  assert.deepEqual(new Set(planned.map((one) => JSON.stringify(one))), asked);
});

Deno.test("what a sweep has is not planned", () => {
  const seeds = { seeds: [1], matrixSeeds: [1], bestSeeds: [1] };
  const names = (sweep?: { readonly seeds: number }) =>
    new Set(diagnosisRuns(architecture, sweep, seeds).map((one) => JSON.stringify(one)));
  const all = names(), others = names({ seeds: 9 });
  assert(others.isSubsetOf(all) && others.size < all.size);
  const literal = JSON.stringify(paperTextRun(architecture, "numpy"));
  assert(all.has(literal) && !others.has(literal));
  const rows = matrixRows(architecture, "numpy").map((row) => JSON.stringify(row.configuration));
  assert(rows.every((row) => all.has(row)) && rows.some((row) => !others.has(row)));
  assert(names({ seeds: 1 }).has(literal), "a sweep of no more seeds is not taken");
});
