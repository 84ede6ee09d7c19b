import assert from "node:assert/strict";
import type { BackendName } from "../../lib/backend/backend_names.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { scoreOnBackends } from "../../lib/diagnosis/backend_scores.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { table2Backends } from "../../lib/report/tables/table_2_backends.ts";
import { predictions, type Run } from "../../lib/runs/run.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { type RunConfiguration, runConfiguration } from "../../lib/runs/run_configuration.ts";
import type { RunStore } from "../../lib/runs/run_store.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { argmax } from "../../lib/util/argmax.ts";
import { runData } from "../runs/pixels.ts";

const data = runData();
const settings = { architecture: lenet5(5), epochs: 3, batchSize: 16, backend: "kernels" } as const;
const runOf = (system: "numpy" | "torch", seed = 1) =>
  trainRun(runConfiguration({ ...settings, system, seed }), data);

/** A store that gives one run for all that it is asked for, and tells what that was. */
function storeWith(run: Run): { store: RunStore; asked: RunConfiguration[] } {
  const asked: RunConfiguration[] = [];
  const loadOrTrain = (configuration: RunConfiguration) => {
    asked.push(configuration);
    return Promise.resolve({ run, origin: "loaded" });
  };
  return { store: { loadOrTrain } as unknown as RunStore, asked };
}

const found = async (run: Run, split: "val" | "test") => {
  const { logits, labels, classes } = await predictions(run, data[split]);
  return labels.map((_, i) => argmax(logits.subarray(i * classes, (i + 1) * classes)));
};

Deno.test("scores on two backends are those of each one's own run, and the agreement is counted", async () => {
  const [numpy, torch, other] = [
    await runOf("numpy"),
    await runOf("torch"),
    await runOf("torch", 2),
  ];
  const { store, asked } = storeWith(other);
  const scored = await scoreOnBackends({ data, store } as never, [numpy, torch], [
    "kernels",
    "native",
  ]);
  assert.deepEqual(asked, [{ ...torch.configuration, backend: "native" }], "one run is missing");
  assert.deepEqual(scored.map(({ system, split }) => [system, split]), [
    ["torch", "val"],
    ["torch", "test"],
  ]);
  const [ours, theirs] = [await scoreRun(torch, data), await scoreRun(other, data)];
  for (const { split, scores, agreement } of scored) {
    assert.deepEqual(scores.get("kernels"), ours[split]);
    assert.deepEqual(scores.get("native"), theirs[split]);
    const [first, second] = [await found(torch, split), await found(other, split)];
    const same = [...first].filter((label, i) => label === second[i]).length;
    assert(same < first.length, "the two networks differ");
    assert.equal(agreement, same / first.length);
  }
});

Deno.test("Table II on each backend has a column for each that is there, and says which is not", async () => {
  const torch = await runOf("torch");
  const { store, asked } = storeWith(torch);
  const dataset = { name: "made", classes: ["a", "b", "c", "d", "e"], synthetic: true };
  const scored = await scoreOnBackends({ data, store } as never, [torch], ["kernels"]);
  assert.equal(asked.length, 0);
  const state = (name: BackendName, missing?: string) => ({
    name,
    runsOn: missing === undefined ? name : undefined,
    missing,
  });
  const kernels = state("kernels");
  const one = table2Backends(dataset as unknown as Dataset, scored, [
    kernels,
    state("native", "It is not set up."),
  ]);
  assert.deepEqual(
    one.options.columns.map(({ key }) => key),
    ["system", "split", "metric", "paper", "kernels"],
  );
  assert(one.options.notes!.includes("Not there: native. It is not set up."));
  const both = await scoreOnBackends({ data, store } as never, [torch], ["kernels", "native"]);
  const two = table2Backends(dataset as unknown as Dataset, both, [kernels, state("native")]);
  assert.deepEqual(two.options.rows.map(({ agreement }) => agreement), [
    100,
    undefined,
    100,
    undefined,
  ]);
  assert.deepEqual(
    two.options.rows.map(({ native }) => native),
    two.options.rows.map((row) => row.kernels),
  );
});
