/** Trainings at the same time have the bits of one after the other, and one that fails is named. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { withFiles } from "../data/files.ts";
import { noiseFiles } from "../data/noise_files.ts";
import { withEnvironment } from "../environment.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { openExperiment } from "../../lib/runs/experiment.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { Stopped } from "../../lib/runs/stopped.ts";
import { trainTogether } from "../../lib/runs/train_together.ts";

/** Does a work with an experiment of few images, whose store is empty. */
function withExperiment(
  work: (experiment: Awaited<ReturnType<typeof openExperiment>>) => Promise<void>,
): Promise<void> {
  return withFiles(noiseFiles, (dataFolder) =>
    // the processes find the results there, too; with one thread all would be done here
    withEnvironment(
      { LENET_RESULTS: join(dataFolder, "results"), LENET_THREADS: "2" },
      async () => await work(await openExperiment(undefined, { dataFolder })),
    ));
}

const configurationOf = (system: "numpy" | "torch", seed: number, classes = 3) =>
  runConfiguration({
    ...{ system, architecture: lenet5(classes), epochs: 2, seed, batchSize: 16 },
    optimizer: { kind: "adam", learningRate: 0.01 },
    ...system === "torch" && { backend: "kernels" as const },
  });

Deno.test("trainings in two processes are kept, with the bits that they have here", () =>
  withExperiment(async (experiment) => {
    const { data, store } = experiment;
    const numpy = [1, 2, 3].map((seed) => configurationOf("numpy", seed));
    const configurations = [...numpy, configurationOf("torch", 1), numpy[0]!];
    await store.train(numpy[2]!, data);
    const told: number[] = [], images = 3 * 2 * data.train.length;
    const origins = await trainTogether(experiment, configurations, (done, total) => {
      assert.equal(total, images);
      told.push(done);
    }, 2);
    assert.deepEqual(told, told.toSorted((a, b) => a - b));
    assert.equal(told.at(-1), images);
    const all = [{ origin: "loaded" }, ...Array(3).fill({ origin: "trained" })];
    assert.deepEqual(origins, all);
    for (const configuration of configurations) {
      const { weights } = (await store.load(configuration, data))!;
      assert.deepEqual(weights, (await trainRun(configuration, data)).weights);
    }
    const again = await trainTogether(experiment, configurations, undefined, 2);
    assert.deepEqual(again, Array(4).fill({ origin: "loaded" }));
  }));

Deno.test("a training that fails in its process is named, and a listener stops all of them", () =>
  withExperiment(async (experiment) => {
    const failing = [configurationOf("numpy", 5, 2), configurationOf("numpy", 6)];
    await assertRejects(
      () => trainTogether(experiment, failing, undefined, 2),
      Error,
      "the training of numpy for 2 epochs with seed 5: train image 2 has label 2",
    );
    const long = [7, 8].map((seed) => ({ ...configurationOf("numpy", seed), epochs: 9999 }));
    const stop = () => {
      throw new Stopped();
    };
    await assertRejects(() => trainTogether(experiment, long, stop, 2), Stopped);
  }));

Deno.test("a process that cannot be started is an error that says what to do", () =>
  withExperiment(async (experiment) => {
    const execPath = Deno.execPath;
    Deno.execPath = () => "/nowhere/deno";
    try {
      await assertRejects(
        () =>
          trainTogether(experiment, [configurationOf("numpy", 9), configurationOf("numpy", 10)]),
        Error,
        "a process for trainings cannot be started",
      );
    } finally {
      Deno.execPath = execPath;
    }
  }));

Deno.test("trainings can be stopped before their processes have said a word", () =>
  withExperiment(async (experiment) => {
    const planned = [11, 12].map((seed) => ({ ...configurationOf("numpy", seed), epochs: 9999 }));
    let words = 0;
    const stop = (done: number) => {
      assert.equal(done, 0);
      if (++words > 1) throw new Stopped();
    };
    await assertRejects(() => trainTogether(experiment, planned, stop, 2), Stopped);
  }));
