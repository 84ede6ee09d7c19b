/**
 * What a training must do whatever the system: the paper's code would fail each of these tests.
 */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertRejects } from "../assert.ts";
import { type Architecture, lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { labelRanks, predictAll, score } from "../../lib/systems/evaluate.ts";
import type { System } from "../../lib/systems/system.ts";
import { asBatches, maxDifference, randomBatch } from "./helpers.ts";

const adam = { kind: "adam", learningRate: 1e-3 } as const;

for (const name of systemNames) {
  Deno.test(
    `${name}: the loss starts near ln 50 and never falls below zero`,
    async () => {
      const system = await createSystem(name, lenet5(), { seed: 1 });
      const losses: number[] = [];
      await system.fit(asBatches(randomBatch(lenet5(), 50, 64)), {
        epochs: 60,
        optimizer: { kind: "adam", learningRate: 1e-2 },
        onBatch: ({ loss }) => void losses.push(loss),
      });
      assertLess(Math.abs(losses[0]! - Math.log(50)), 0.5);
      assert(losses.every((loss) => loss >= 0), `a loss of ${Math.min(...losses)}`);
      system.dispose();
    },
  );

  Deno.test(
    `${name}: one step moves every parameter array, every filter and every unit`,
    async () => {
      const system = await createSystem(name, lenet5(), { seed: 1 });
      const before = await system.weights();
      await system.fit(asBatches(randomBatch(lenet5(), 50, 32)), { epochs: 1, optimizer: adam });
      const after = await system.weights();
      for (const [array, { shape, data }] of Object.entries(before)) {
        const rowLength = data.length / shape[0]!;
        for (let row = 0; row < shape[0]!; row++) {
          const range = [row * rowLength, (row + 1) * rowLength] as const;
          const moved = maxDifference(
            data.subarray(...range),
            after[array]!.data.subarray(...range),
          );
          assertGreater(moved, 1e-6, `${array}, row ${row} did not move`);
        }
      }
      system.dispose();
    },
  );

  Deno.test(
    `${name}: one batch can be trained on until every answer is right`,
    async () => {
      const system = await createSystem(name, lenet5(), { seed: 2 });
      const batch = randomBatch(lenet5(), 50, 32);
      const history = await system.fit(asBatches(batch), { epochs: 120, optimizer: adam });
      assertLess(history.at(-1)!.loss, 0.05);
      assert.deepEqual(history.at(-1)!.accuracy, 1);
      assert.deepEqual(score(await predictAll(system, asBatches(batch))).top1, 1);
      system.dispose();
    },
  );

  Deno.test(
    `${name}: predictions use many classes after a few steps`,
    async () => {
      const system = await createSystem(name, lenet5(), { seed: 3 });
      const batch = randomBatch(lenet5(), 50, 200);
      await system.fit(asBatches(batch), {
        epochs: 20,
        optimizer: { kind: "adam", learningRate: 3e-3 },
      });
      const logits = await system.predict(batch.images, batch.size);
      const predicted = new Set(Array.from(batch.labels, (_, i) => {
        const row = logits.subarray(i * 50, (i + 1) * 50);
        return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
      }));
      assertGreater(predicted.size, 20);
      system.dispose();
    },
  );

  Deno.test(
    `${name}: the same seed gives the same bits, and another seed gives others`,
    async () => {
      const batches = asBatches(randomBatch(lenet5(), 50, 40, 1), randomBatch(lenet5(), 50, 17, 2));
      const train = async (seed: number) => {
        const system = await createSystem(name, lenet5(), { seed });
        const history = await system.fit(batches, { epochs: 3, optimizer: adam });
        const weights = await system.weights();
        system.dispose();
        return { weights, losses: history.map(({ loss }) => loss) };
      };
      const [first, again, other] = [await train(5), await train(5), await train(6)];
      assert.deepEqual(again, first);
      assertGreater(maxDifference(first.losses, other.losses), 1e-4);
    },
  );

  Deno.test(`${name}: calls the listeners for epochs, validation and progress, and stops when aborted`, async () => {
    const system = await createSystem(name, lenet5());
    const batches = asBatches(randomBatch(lenet5(), 50, 20), randomBatch(lenet5(), 50, 12));
    const progress: number[][] = [];
    const history = await system.fit(batches, {
      epochs: 2,
      optimizer: adam,
      validation: batches,
      onProgress: (done, total) => void progress.push([done, total]),
    });
    assert.deepEqual(history.map(({ epoch }) => epoch), [1, 2]);
    assert.deepEqual(progress, [[20, 64], [32, 64], [52, 64], [64, 64]]);
    assert.deepEqual(history[1]!.val!.images, 32);
    assert.deepEqual(history[1]!.val, score(await predictAll(system, batches)));
    const stop = new AbortController();
    const seen: number[] = [];
    const rest = await system.fit(batches, {
      epochs: 5,
      optimizer: adam,
      signal: stop.signal,
      onEpoch: ({ epoch }) => void seen.push(epoch),
      onProgress: (done) => void (done >= 40 && stop.abort()),
    });
    assert.deepEqual([rest.length, seen], [1, [1]]);
    system.dispose();
  });

  Deno.test(`${name}: refuses options that cannot be trained with`, async () => {
    const system = await createSystem(name, lenet5());
    const batches = asBatches(randomBatch(lenet5(), 50, 4));
    await assertRejects(
      () => system.fit(batches, { epochs: 0, optimizer: adam }),
      RangeError,
      "epochs must be a whole number of at least 1, got 0",
    );
    const optimizer = { kind: "adam", learningRate: -1 } as const;
    await assertRejects(() => system.fit(batches, { epochs: 1, optimizer }), RangeError, "got -1");
    const none = asBatches();
    await assertRejects(
      () => system.fit(none, { epochs: 1, optimizer: adam }),
      RangeError,
      "no training images",
    );
    system.dispose();
  });
}

Deno.test("a constant or broken output scores no better than chance", () => {
  const labels = Int32Array.from({ length: 50 }, (_, i) => i);
  const constant = { logits: new Float32Array(2500), labels, classes: 50 };
  assert.deepEqual([score(constant).top1, score(constant).top5], [1 / 50, 5 / 50]);
  assert.deepEqual(
    [...labelRanks(new Float32Array(2500).fill(NaN), labels, 50)].includes(0),
    false,
  );
  const broken = { logits: new Float32Array(6).fill(NaN), labels: Int32Array.of(0, 1), classes: 3 };
  assert.deepEqual([score(broken).top1, score(broken).top5], [0, 0]);
});

for (const name of systemNames) {
  Deno.test(`${name}: of no images there are no logits`, async () => {
    using system = await createSystem(name, lenet5());
    assert.deepEqual(await system.predict(new Float32Array(0), 0), new Float32Array(0));
  });

  Deno.test(`${name}: a network of one class trains, whatever it aims at`, async () => {
    const single: Architecture = {
      name: "single",
      input: { channels: 1, height: 2, width: 2 },
      layers: [{ kind: "flatten" }, { kind: "dense", name: "fc", units: 1 }],
    };
    using system = await createSystem(name, single, { seed: 1 });
    const batch = randomBatch(single, 1, 4), options = { epochs: 1, optimizer: adam };
    const plain = asBatches(batch);
    const soft = {
      ...asBatches({ ...batch, targets: new Float32Array(4).fill(1) }),
      softTargets: true,
    };
    for (const [train, labelSmoothing] of [[plain, 0], [plain, 0.1], [soft, 0]] as const) {
      const [record] = await system.fit(train, { ...options, labelSmoothing });
      assert.equal(record!.accuracy, 1);
      assert(Math.abs(record!.loss) < 1e-6, `${record!.loss}`);
    }
  });
}

Deno.test(
  "tensors do not pile up while the two tfjs systems train and predict",
  async () => {
    const { memory } = await import("../../lib/backend/tf.ts");
    const batch = randomBatch(lenet5(), 50, 8);
    const count = async (system: System) => {
      await system.fit(asBatches(batch, batch), { epochs: 2, optimizer: adam });
      await system.predict(batch.images, batch.size);
      return memory().numTensors;
    };
    for (const name of ["torch", "keras"] as const) {
      const system = await createSystem(name, lenet5());
      const first = await count(system);
      await count(system);
      assert.deepEqual(await count(system), first, name);
      system.dispose();
    }
  },
);
