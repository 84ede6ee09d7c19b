/** Ladders of a notebook with the scores of a sweep. */
import assert from "node:assert/strict";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import {
  type Ladders,
  sameAsSwept,
  sameAsSweptText,
  withSweptScores,
} from "../../lib/diagnosis/swept_ladders.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { measuredAblation, measuredStep } from "./scored_runs.ts";

const layers = [{ layer: "conv1", saturated: 0.5, gradientNorm: 1 }];

/** All ladders with the same hits in each step, one training for each number. */
function ladders(hits: readonly number[], withLayers: boolean): Ladders {
  const all = Object.entries(ablations(lenet5())).map(([name, { steps }]) => [
    name,
    measuredAblation(
      name,
      steps.map((step) => measuredStep(step, hits, withLayers ? layers : [])),
    ),
  ]);
  return Object.fromEntries(all);
}

Deno.test("the scores are those of the sweep, the layers those of the notebook", () => {
  const here = ladders([90], true), sweep = { ladders: ladders([90, 80, 70], false), seeds: 3 };
  const { numpy } = withSweptScores(here, sweep);
  assert.deepEqual(numpy.steps[0]!.summary.top1BySeed.length, 3);
  assert.equal(numpy.first.seeds, 3);
  assert.deepEqual(numpy.steps[0]!.layers, layers);
  assert.equal(numpy.steps[0]!.runs.length, 1, "the confusion matrices are those of the notebook");
  assert.equal(withSweptScores(here, undefined), here);
  const many = ladders([90, 80, 70], true);
  assert.equal(withSweptScores(many, sweep), many, "the sweep has no more seeds");
});

Deno.test("trainings are compared with those of the sweep, seed by seed and each once", () => {
  const sweep = { ladders: ladders([90, 80], false), seeds: 2 };
  const steps = Object.values(sweep.ladders).flatMap((ladder) => ladder.steps);
  const configurations = new Set(steps.map(({ summary }) => JSON.stringify(summary.configuration)));
  assert(configurations.size < steps.length, "two ladders share a step");
  const same = sameAsSwept(ladders([90], true), sweep);
  assert.deepEqual(same, { same: configurations.size, of: configurations.size });
  assert.match(sameAsSweptText(same), new RegExp(`^All ${same.of} trainings of this notebook`));
  const other = sameAsSwept(ladders([89], true), sweep);
  assert.equal(other.same, 0);
  assert.match(sameAsSweptText(other), /^0 of \d+ trainings/);
});
