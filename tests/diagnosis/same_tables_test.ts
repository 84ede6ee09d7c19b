/** The same outcomes give the same tables, in whatever order and whenever they were computed. */
import assert from "node:assert/strict";
import type { Dataset } from "../../lib/data/dataset.ts";
import type { AblationName } from "../../lib/diagnosis/ablations.ts";
import { paperConfigurations } from "../../lib/diagnosis/fault_matrix.ts";
import { paperSweep } from "../../lib/diagnosis/paper_sweep.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { ablationTable } from "../../lib/report/tables/ablation_table.ts";
import { faultMatrixTable } from "../../lib/report/tables/fault_matrix_table.ts";
import { type KeptOutcome, packBits, type SplitOutcome } from "../../lib/runs/run_outcome.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import type { SweptEntry } from "../../lib/runs/sweep_file.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { Rng } from "../../lib/util/rng.ts";

const architecture = lenet5(50);
const labels = Int32Array.from({ length: 450 }, (_, i) => i % 50);
const dataset = {
  ...{ name: "made", classes: Array(50).fill("x"), synthetic: true, splits: { train: [] } },
} as unknown as Dataset;

/** A made-up outcome of a network that is right with some share. */
function madeUp(rng: Rng, share: number): SplitOutcome {
  const bits = (part: number) => Array.from({ length: 450 }, () => rng.uniform() < part);
  const [top1, top5] = [bits(share), bits(3 * share)];
  const count = (right: readonly boolean[]) => right.filter(Boolean).length;
  return {
    ...{ images: 450, top1: count(top1), top5: count(top5), predicted: 30 },
    ...{ top1Images: packBits(top1), top5Images: packBits(top5) },
  };
}

/** Outcomes of all that the matrix and the ladders train, with three seeds, as a machine made them some day. */
function swept(date: string, seconds: number): SweptEntry[] {
  return paperConfigurations(architecture).map(({ name, configuration }, at) => ({
    name,
    outcomes: [1, 2, 3].map((seed): KeptOutcome => {
      const rng = new Rng(1000 * at + seed);
      const share = at % 3 === 0 ? 0.02 : 0.02 + at / 400;
      return {
        outcome: {
          key: `${at} ${seed}`,
          configuration: runConfiguration({ ...configuration, seed }),
          images: { train: "a", val: "b", test: "c" },
          epochs: [{ loss: rng.uniform(2, 4), accuracy: share }],
          val: madeUp(rng, share),
          test: madeUp(rng, share),
          weights: "",
        },
        made: { seconds: [seconds], runsOn: "kernels (narrow, 1 thread)", code: "c", date },
      };
    }),
  }));
}

function tables(entries: readonly SweptEntry[]): string[] {
  const { matrix, ladders, rates } = paperSweep(architecture, entries, labels);
  return [
    ...systemNames.map((name) => faultMatrixTable(dataset, matrix, name).markdown()),
    ...(Object.keys(ladders) as AblationName[]).map((name) =>
      ablationTable(dataset, ladders[name]).markdown()
    ),
    JSON.stringify(rates),
  ];
}

Deno.test("matrix and ladders come out the same, byte for byte, from the same outcomes", () => {
  const first = tables(swept("2026-01-01T00:00:00.000Z", 1));
  assert(first.length >= 7 && first.every((text) => text.length > 100));
  assert.deepEqual(tables(swept("2026-02-02T00:00:00.000Z", 7)), first, "on another day");
  assert.deepEqual(tables(swept("2026-01-01T00:00:00.000Z", 1).toReversed()), first, "in reverse");
  const other = swept("2026-01-01T00:00:00.000Z", 1);
  const [entry] = other[1]!.outcomes as KeptOutcome[];
  Object.assign(entry!.outcome, { test: madeUp(new Rng(1), 0.5) });
  assert.notDeepEqual(tables(other), first, "another outcome is another table");
});
