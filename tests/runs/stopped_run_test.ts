/** A training that a signal stops gives what it has reached, which nobody can take for a whole run. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import type { Run, StoppedRun } from "../../lib/runs/run.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { describeOrigins, RunStore } from "../../lib/runs/run_store.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { runData } from "./pixels.ts";

const configurationOf = (system: "numpy" | "torch" | "keras") =>
  runConfiguration({ system, architecture: lenet5(5), epochs: 3, batchSize: 16 });

/** Options with a signal that stops the training once so many of the 60 images an epoch are done. */
function stopAfter(images: number) {
  const stop = new AbortController();
  const onProgress = (done: number) => {
    if (done >= images) stop.abort();
  };
  return { signal: stop.signal, onProgress };
}

for (const system of systemNames) {
  Deno.test(`${system}: a stopped training gives its whole epochs and the weights of its last batch`, async () => {
    const configuration = configurationOf(system), data = runData();
    const whole = await trainRun(configuration, data);
    const stopped = await trainRun(configuration, data, stopAfter(60 + 16));
    assert(stopped.stopped);
    assert.deepEqual(stopped.history.map(({ epoch }) => epoch), [1]);
    assert.deepEqual(stopped.history[0]!.loss, whole.history[0]!.loss);
    const epoch = await trainRun({ ...configuration, epochs: 1 }, data);
    assert.notDeepEqual(stopped.weights, epoch.weights, "the batch after the epoch is missing");
    assert.notDeepEqual(stopped.weights, whole.weights);
  });
}

Deno.test("a signal that does not stop the training, or comes after it, changes nothing", async () => {
  const configuration = configurationOf("numpy"), data = runData();
  const whole = await trainRun(configuration, data);
  const run = await trainRun(configuration, data, { signal: new AbortController().signal });
  assert(!run.stopped);
  assert.deepEqual(run.weights, whole.weights);
  const never = await trainRun(configuration, data, { signal: AbortSignal.abort() });
  assert(never.stopped);
  assert.deepEqual(never.history, []);
});

Deno.test("a store keeps no stopped run, and says that it was stopped", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = new RunStore(folder), configuration = configurationOf("numpy"), data = runData();
    const kept = await store.loadOrTrain(configuration, data, stopAfter(60));
    assert(kept.origin === "stopped" && kept.run.stopped);
    assert.deepEqual(describeOrigins([kept]), "1 run: 1 stopped");
    assert.deepEqual(await store.load(configuration, data), undefined);
    assert((await store.train(configuration, data, stopAfter(60))).stopped);
    assert.deepEqual(await store.load(configuration, data), undefined);
    // a notebook's types are not checked when it runs
    await assertRejects(
      () => store.save(kept.run as StoppedRun & Run, data),
      RangeError,
      `a run of ${kept.run.history.length} of 3 epochs is not kept as a whole one`,
    );
    const later = await store.loadOrTrain(configuration, data, { signal: AbortSignal.any([]) });
    assert.deepEqual(later.origin, "trained");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** @ts-expect-error a stopped run is no `Run` to the compiler either */
export const _refused: (run: StoppedRun) => Run = (run) => run;
