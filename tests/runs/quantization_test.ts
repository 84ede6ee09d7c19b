/** The quantization experiment whole, on a tiny data set. */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertThrows } from "../assert.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import {
  comparisonTable,
  costsTable,
  quantizationTable,
  roundingTable,
} from "../../lib/report/tables/quantization_table.ts";
import { savingWords } from "../../lib/report/words/compression_words.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { roundingErrors } from "../../lib/runs/rounding_errors.ts";
import type { PairedRatio } from "../../lib/metrics/paired_ratio.ts";
import { measureCosts } from "../../lib/runs/saved_by_compression.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runData } from "./pixels.ts";

const [architecture, data] = [lenet5(5), runData()];
const dataset = { name: "made", synthetic: true, classes: [..."abcde"] } as unknown as Dataset;
const configuration = runConfiguration({
  system: "numpy",
  architecture,
  optimizer: { kind: "adam", learningRate: 3e-3 },
  epochs: 12,
  batchSize: 16,
});

Deno.test("a trained network keeps its accuracy in int8, at a quarter of the bytes", async () => {
  const run = await trainRun(configuration, data);
  const told: number[] = [];
  const results = await quantizeRun(
    ...[
      run,
      data,
      { aware: { epochs: 2, learningRate: 1e-3 }, pruned: { epochs: 4, learningRate: 1e-3 } },
      (done: number) => void told.push(done),
    ] as const,
  );
  assert.deepEqual([...new Set(told)], Array.from({ length: 23 }, (_, i) => i + 1));
  const [float, fake, nearest, tensor, channel, short, aware, long, longInt8, structured, both] =
    results;
  assert.deepEqual(results.map(({ comparison }) => comparison?.control), [
    ...[undefined, float, float, float, float, undefined, short, undefined, long, long, long]
      .map((control) => control?.name),
  ]);
  // a control is trained for as long as what is compared with it
  for (const { name, comparison, moreEpochs } of results) {
    const control = results.find((one) => one.name === comparison?.control);
    if (control) assert.equal(control.moreEpochs, moreEpochs, name);
  }
  assert.deepEqual([short!.moreEpochs, long!.moreEpochs], [2, 4]);
  assert.deepEqual([float!.model, short!.model, long!.model], [undefined, undefined, undefined]);
  assert.deepEqual(fake!.bytes, float!.bytes);
  // int8 of a network and the network itself stand side by side
  assert.deepEqual([longInt8!.weights, both!.weights], [long!.weights, structured!.weights]);
  for (const result of [nearest!, tensor!, channel!, aware!]) {
    assertGreater(result.top1.value, float!.top1.value - 0.1, result.name);
    assertLess(result.bytes / float!.bytes, 0.28, result.name);
    // what was measured is what whole numbers compute
    const logits = new IntegerNetwork(result.model!).predict(data.test.pixels, data.test.length);
    assert(logits.every(Number.isFinite));
  }
  assertGreater(channel!.comparison!.agreement, 0.9);
  assertLess(both!.bytes / float!.bytes, 1 / 6);
  assert(quantizationTable(dataset, results).markdown().includes("(synthetic images)"));
  assert.equal(comparisonTable(dataset, results).options.rows.length, 8);
  // of each kind one, because each has a process of its own
  const some = [float!, channel!, structured!, both!];
  const costs = await measureCosts(run, data, some, { rounds: 2, processes: 1 });
  const empty = costs.emptyProcess.median;
  assert.deepEqual(costs.networks.map(({ name }) => name), some.map(({ name }) => name));
  for (const { name, residentBytes, single, batch } of costs.networks) {
    assertGreater(residentBytes.median, empty, `${name} needs memory`);
    assert(single.median > 0 && batch.median > 0, name);
  }
  assert.equal(costsTable(costs).options.rows.length, 5);
  const words = savingWords(results, costs, "int8, per channel");
  assert(words.includes(`${(channel!.bytes / float!.bytes).toFixed(2)} of the bytes`), words);
  const { value } = costsTable(costs).options.rows
    .find(({ name }) => name === "int8, per channel")!["latencyTimes"] as PairedRatio;
  assert(words.includes(`${value.toFixed(2)} (`), "the sentence has the table's ratio");
  assertThrows(() => savingWords(results, costs, "int4"), RangeError, "int4");
  const rows = roundingTable(roundingErrors(run.weights)).options.rows;
  assert(rows.every(({ tensor, channel }) => Number(channel) <= Number(tensor)));
});
