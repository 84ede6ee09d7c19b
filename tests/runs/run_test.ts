import assert from "node:assert/strict";
import { assertGreater, assertRejects } from "../assert.ts";
import { topK } from "../../lib/metrics/topk.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import type { PixelSet } from "../../lib/pixels/pixels.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { recipes } from "../../lib/runs/recipes.ts";
import { predictions } from "../../lib/runs/run.ts";
import { prepareRun, trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration, type RunSettings } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { saturatingWeights } from "../../lib/runs/saturating_weights.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { labelRanks, logProbabilities } from "../../lib/systems/evaluate.ts";
import { runData } from "./pixels.ts";

const optimizer = { kind: "adam", learningRate: 3e-3 } as const;
const quick = { architecture: lenet5(5), optimizer, epochs: 12, batchSize: 16 };

for (const system of systemNames) {
  Deno.test(
    `${system}: a run learns, and is the same when saved and loaded`,
    async () => {
      const folder = await Deno.makeTempDir();
      const data = runData();
      const configuration = runConfiguration({ ...quick, system });
      const store = new RunStore(folder);
      const run = await store.train(configuration, data);
      const scores = await predictions(run, data.test);
      assertGreater(topK(scores, 1).value, 0.9);
      assert.deepEqual(run.history.length, 12);
      const loaded = await store.load(configuration, data);
      assert.deepEqual(loaded, run);
      assert.deepEqual((await predictions(loaded!, data.test)).logits, scores.logits);
      assert.deepEqual((await scoreRun(run, data)).test.top1, topK(scores, 1));
      await Deno.remove(folder, { recursive: true });
    },
  );
}

Deno.test("labels that the network has no class for are refused before training", async () => {
  const configuration = runConfiguration({ system: "numpy", architecture: lenet5(3) });
  await assertRejects(
    () => trainRun(configuration, runData(5)),
    RangeError,
    "train image 3 has label 3, the network has 3 classes",
  );
});

Deno.test("the best recipe learns, and predicts by the mean of an image's views", async () => {
  const data = runData();
  const configuration = runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), ...recipes.best },
    ...{ epochs: 20, batchSize: 16, augmentation: { shift: 1 }, views: { shift: 1 } },
  });
  const run = await trainRun(configuration, data);
  const scores = await predictions(run, data.test);
  assertGreater(topK(scores, 1).value, 0.9);
  // logits are log-probabilities: their exponentials sum to at most 1, and rank as they stand
  const logs = logProbabilities(scores);
  assert.deepEqual(labelRanks(logs, scores.labels, 5), labelRanks(scores.logits, scores.labels, 5));
  const { views: _, ...plain } = configuration;
  const alone = await predictions({ ...run, configuration: plain }, data.test);
  assert.notDeepEqual(alone.logits, scores.logits);
});

Deno.test("a prepared run starts, shows and orders the images as its configuration says", async () => {
  const data = runData();
  const prepare = async (settings: Partial<RunSettings>) => {
    const configuration = runConfiguration({ ...quick, system: "numpy", ...settings });
    const { system, train, normalisation } = await prepareRun(configuration, data);
    const weights = await system.weights();
    system.dispose();
    const labels: number[] = [];
    for await (const batch of train) labels.push(...batch.labels);
    return { weights, normalisation, labels };
  };
  const sorted = [...data.train.labels].sort((a, b) => a - b);
  const usual = await prepare({ seed: 3 });
  assert.deepEqual(usual.weights, initialWeights(lenet5(5), "lecun", 3));
  assert.notDeepEqual(usual.normalisation, { mean: 0, std: 1 });
  assert.notDeepEqual(usual.labels, [...data.train.labels]);
  assert.notDeepEqual(usual.labels, (await prepare({ seed: 4 })).labels);
  const other = await prepare({ pixels: "raw", order: "by class", start: "pytorch", seed: 3 });
  assert.deepEqual(other.weights, initialWeights(lenet5(5), "pytorch", 3));
  assert.deepEqual([other.normalisation, other.labels], [{ mean: 0, std: 1 }, sorted]);
  const saturating = await prepare({ start: "saturating", seed: 3 });
  assert.deepEqual(saturating.weights, saturatingWeights(lenet5(5), 3));
});

Deno.test("a network learns from a teacher alone, and the store keeps the teacher as a run", async () => {
  const folder = await Deno.makeTempDir();
  const own = runData();
  // the teacher sees three channels of the same images
  const coloured = (set: PixelSet): PixelSet => {
    const pixels = new Uint8Array(3 * set.pixels.length);
    for (let n = 0; n < set.length; n++) {
      for (let c = 0; c < 3; c++) pixels.set(set.get(n), (3 * n + c) * 1024);
    }
    const get = (n: number) => pixels.subarray(n * 3072, (n + 1) * 3072);
    return { ...set, channels: 3, pixels, get, key: `${set.key}-colour` };
  };
  const teacherData = {
    train: coloured(own.train),
    val: coloured(own.val),
    test: coloured(own.test),
  };
  const input = { channels: 3, height: 32, width: 32 };
  const teaching = runConfiguration({
    ...quick,
    system: "numpy",
    architecture: lenet5(5, { input }),
  });
  const configuration = runConfiguration({
    ...{
      ...quick,
      system: "numpy",
      augmentation: { shift: 1 },
      mixing: { kind: "mixup", share: 0 },
    },
    teacher: { configuration: teaching, weight: 1, ways: 4 },
  });
  // labels that say nothing: what is learned comes from the teacher, which had the right ones
  const labels = own.train.labels.map(() => 0);
  const blind = { ...own.train, labels };
  const teacher = await trainRun(teaching, teacherData);
  const data = {
    ...own,
    train: blind,
    teacher: { ...teacherData, train: { ...teacherData.train, labels } },
  };
  const run = await trainRun(configuration, data, { teacher });
  assertGreater(topK(await predictions(run, own.test), 1).value, 0.9);
  assertGreater(run.teacherSeconds!, teacher.seconds);
  const foreign = { ...own, train: blind, teacher: teacherData };
  await assertRejects(() => trainRun(configuration, foreign), RangeError, "are not those of");

  const store = new RunStore(folder), whole = { ...own, teacher: teacherData };
  await store.train(configuration, whole);
  assert.deepEqual((await store.load(teaching, teacherData))!.weights, teacher.weights);
  assert.deepEqual((await store.load(configuration, whole))!.configuration, configuration);
  // with other images of the teacher it is another run
  assert.equal(await store.load(configuration, own), undefined);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a run whose images are mixed learns", async () => {
  const data = runData();
  const mixing = { kind: "cutmix", share: 0.5 } as const;
  const run = await trainRun(runConfiguration({ ...quick, system: "numpy", mixing }), data);
  assertGreater(topK(await predictions(run, data.test), 1).value, 0.9);
});
