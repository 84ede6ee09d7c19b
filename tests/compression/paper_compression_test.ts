/** Compression as the paper did it: what it computes, and that it saves nothing. */
import assert from "node:assert/strict";
import { assertLess } from "../assert.ts";
import { randomMasks } from "../../lib/compression/masks.ts";
import { fakeQuantize } from "../../lib/compression/quantization/quantized_training.ts";
import { applyMasks } from "../../lib/compression/masks.ts";
import { paperAmounts } from "../../lib/compression/pruning_amounts.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { trainRun } from "../../lib/runs/run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { quantizeRun } from "../../lib/runs/quantize_runs.ts";
import { table3 } from "../../lib/report/tables/table_3.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { asBatches, maxDifference, randomBatch, smallConvolutional } from "../systems/helpers.ts";
import { runData } from "../runs/pixels.ts";

import { PaperCompressedSystem } from "../../lib/compression/paper_compression.ts";
import { compressedRows, paperRows } from "../../lib/runs/compression_timing.ts";
import * as tf from "../../lib/backend/tf.ts";

const optimizer = { kind: "adam", learningRate: 1e-3 } as const;

for (const [net, classes] of [[lenet5(), 50], [smallConvolutional, 4]] as const) {
  Deno.test(
    `${net.name}: a masked layer computes with zeros and keeps the weights behind them`,
    async () => {
      const weights = initialWeights(net, "pytorch", 1);
      const masks = randomMasks(net, weights, paperAmounts, 1);
      const batch = randomBatch(net, classes, 6);
      const [masked, plain] = [
        new PaperCompressedSystem(net, { masks }),
        await createSystem("torch", net),
      ];
      await masked.setWeights(weights);
      await plain.setWeights(applyMasks(weights, masks));
      const logits = await masked.predict(batch.images, 6);
      assertLess(maxDifference(logits, await plain.predict(batch.images, 6)), 1e-6);
      await masked.fit(asBatches(batch), { epochs: 3, optimizer });
      const after = await masked.weights();
      for (const [name, mask] of Object.entries(masks)) {
        const moved = after[name]!.data.map((w, i) => w - weights[name]!.data[i]!);
        assert(mask.every((keep, i) => keep === 1 || moved[i] === 0), `${name}: hidden ones stay`);
        assert(mask.some((keep, i) => keep === 1 && moved[i] !== 0), `${name}: others move`);
      }
      masked.dispose();
      plain.dispose();
    },
  );
}

Deno.test(
  "weights are rounded per channel, and the gradient passes as if they were not",
  async () => {
    const net = lenet5();
    const weights = initialWeights(net, "pytorch", 1);
    const batch = randomBatch(net, 50, 8);
    const logitsOf = async (
      system: InstanceType<typeof PaperCompressedSystem>,
      given = weights,
    ) => {
      await system.setWeights(given);
      return await system.predict(batch.images, 8);
    };
    const [rounding, plain] = [{ fakeQuantize: true }, {}].map((way) =>
      new PaperCompressedSystem(net, way)
    );
    const rounded = await logitsOf(rounding!), exact = await logitsOf(plain!);
    assert.notDeepEqual(rounded, exact);
    assertLess(maxDifference(rounded, exact), 0.02);
    // rounding what is rounded changes nothing
    const twice = await logitsOf(rounding!, fakeQuantize(weights, "channel"));
    assertLess(maxDifference(rounded, twice), 2e-3);
    const history = await rounding!.fit(asBatches(batch), { epochs: 30, optimizer });
    assertLess(history.at(-1)!.loss, history[0]!.loss / 2);
    rounding!.dispose();
    plain!.dispose();
  },
);

Deno.test(
  "disposing of compressed systems frees their tensors",
  () => {
    const net = lenet5(5);
    const masks = randomMasks(net, initialWeights(net, "pytorch", 1), paperAmounts, 1);
    const make = () => new PaperCompressedSystem(net, { masks, fakeQuantize: true }).dispose();
    make();
    const before = tf.memory().numTensors;
    make();
    assert.deepEqual(tf.memory().numTensors, before);
  },
);

Deno.test(
  "Table III: masks cost memory, and int8 needs a quarter of it",
  async () => {
    const [architecture, data] = [lenet5(5), runData()];
    const optimizer = { kind: "adam", learningRate: 3e-3 } as const;
    const train = (system: "torch" | "numpy") =>
      trainRun(
        runConfiguration({ system, architecture, optimizer, epochs: 3, batchSize: 16 }),
        data,
      );
    const dataset = {
      ...{ name: "made-up", synthetic: true, classes: [..."abcde"], splits: data },
    } as unknown as Dataset;
    const fineTuning = { epochs: 1, learningRate: 1e-3 };
    const [torch, numpy] = [await train("torch"), await train("numpy")];
    const asInPaper = await paperRows(torch, data);
    const training = { aware: fineTuning, pruned: fineTuning };
    const quantized = await quantizeRun(numpy, data, training);
    const compressed = await compressedRows(numpy, data, quantized);
    assert.deepEqual(asInPaper.map(({ paired }) => paired === undefined), [
      true,
      false,
      false,
      false,
    ]);
    const [dense, pruned, rounded] = asInPaper;
    assert(
      pruned!.memoryBytes > 1.9 * dense!.memoryBytes && rounded!.memoryBytes === dense!.memoryBytes,
    );
    assert(pruned!.fileBytes > dense!.fileBytes);
    const int8 = compressed.find(({ name }) => name === "int8, per channel")!;
    assertLess(int8.memoryBytes / compressed[0]!.memoryBytes, 0.27);
    for (const row of [...asInPaper, ...compressed]) {
      assert(row.rate256 > 0 && row.rate1 > 0, row.name);
    }
    const text = table3(dataset, asInPaper, compressed).text();
    for (const seconds of [115, 117, 257, 292]) assert(text.includes(` ${seconds} `), `${seconds}`);
  },
);
