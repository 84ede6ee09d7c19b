/** What `trainRun` is given besides the configuration: callbacks, a schedule, a loss, an optimizer's state. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { weightedCrossEntropy } from "../../lib/model/loss.ts";
import { Checkpoint } from "../../lib/runs/checkpoint.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { earlyStopping } from "../../lib/systems/early_stopping.ts";
import { stepDecay } from "../../lib/systems/schedule.ts";
import type { TrainingState } from "../../lib/systems/training_state.ts";
import { runData } from "./pixels.ts";

const data = runData();
const configuration = runConfiguration({
  ...{ system: "numpy", architecture: lenet5(5), epochs: 6, batchSize: 16 },
});

Deno.test("a run that a callback ends early is a whole run", async () => {
  const stop = earlyStopping({ monitor: "accuracy", least: 0.99, patience: 2 });
  const run = await trainRun(configuration, data, {
    callbacks: [stop],
    signal: new AbortController().signal,
  });
  assert.deepEqual([run.history.length, run.stopped], [3, undefined]);
  const first = await trainRun({ ...configuration, epochs: 1 }, data);
  assert.deepEqual(run.weights, first.weights, "those of the best epoch");
});

Deno.test("a run with callbacks that was cut off goes on from its file, with the same bits", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const others = () => ({
      callbacks: [earlyStopping({ monitor: "accuracy", least: 0.99, patience: 3 })],
      schedule: stepDecay(1, 0.8),
      loss: weightedCrossEntropy([1, 2, 3, 4, 5]),
    });
    const whole = await trainRun(configuration, data, others());
    assert.equal(whole.history.length, 4);
    const owner = { key: "a", code: "b" };
    const checkpoint = () => new Checkpoint(join(folder, "x.checkpoint"), owner, 0);
    await assertRejects(
      () =>
        trainRun(configuration, data, {
          ...others(),
          checkpoint: checkpoint(),
          onProgress(done) {
            if (done > 150) throw new Error("cut");
          },
        }),
      Error,
      "cut",
    );
    const run = await trainRun(configuration, data, { ...others(), checkpoint: checkpoint() });
    assert.deepEqual(run.weights, whole.weights);
    assert.equal(run.history.length, 4);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an optimizer's state is where the first step begins", async () => {
  let state: TrainingState | undefined;
  const plain = await trainRun({ ...configuration, epochs: 1 }, data);
  const checkpoint = {
    read: () => Promise.resolve(undefined),
    listener: () => async (take: () => Promise<TrainingState>) => void (state = await take()),
  } as unknown as Checkpoint;
  await trainRun({ ...configuration, epochs: 1 }, data, { checkpoint });
  const again = await trainRun({ ...configuration, epochs: 1 }, data, {
    optimizerState: state!.optimizer,
  });
  assert.notDeepEqual(again.weights, plain.weights);
});

Deno.test("a store refuses by name what is no part of a run's configuration", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = new RunStore(folder);
    for (
      const [key, value] of Object.entries({
        callbacks: [],
        schedule: stepDecay(1),
        loss: () => {},
      })
    ) {
      const message = `no run is kept that was trained with ${key}`;
      await assertRejects(
        () => store.train(configuration, data, { [key]: value }),
        RangeError,
        message,
      );
      await assertRejects(
        () => store.loadOrTrain(configuration, data, { [key]: value }),
        RangeError,
        message,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
