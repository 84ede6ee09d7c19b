/** The quantization experiment whole, on a tiny data set. */
import assert from "node:assert/strict";
import { assertGreater, assertLess } from "../assert.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import { quantizationTable, roundingTable } from "../../lib/report/tables/quantization_table.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { quantizeRun, roundingErrors } from "../../lib/runs/quantize_runs.ts";
import { trainRun } from "../../lib/runs/run.ts";
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
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8]);
  const [float, fake, nearest, tensor, channel, aware, trainedOn, both] = results;
  assert.deepEqual([float!.agreement, float!.paired.p, float!.model], [1, 1, undefined]);
  assert.deepEqual(fake!.bytes, float!.bytes);
  assert.deepEqual(trainedOn!.model, undefined);
  for (const result of [nearest!, tensor!, channel!, aware!]) {
    assertGreater(result.top1.value, float!.top1.value - 0.1, result.name);
    assertLess(result.bytes / float!.bytes, 0.28, result.name);
    // what was measured is what whole numbers compute
    const logits = new IntegerNetwork(result.model!).predict(data.test.pixels, data.test.length);
    assert(logits.every(Number.isFinite));
  }
  assertGreater(channel!.agreement, 0.9);
  assertLess(both!.bytes / float!.bytes, 1 / 6);
  assert(quantizationTable(dataset, results).markdown().includes("(synthetic images)"));
  const rows = roundingTable(roundingErrors(run.weights)).options.rows;
  assert(rows.every(({ tensor, channel }) => Number(channel) <= Number(tensor)));
});
