import { assertEquals, assertGreater, assertNotEquals, assertRejects } from "@std/assert";
import { topK } from "../../lib/metrics/topk.ts";
import { bestRunOptions, predictions, presets, trainRun } from "../../lib/runs/run.ts";
import { loadRun, runKey, saveRun, sourceDigest } from "../../lib/runs/run_store.ts";
import { labelRanks, logProbabilities } from "../../lib/systems/evaluate.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { runData } from "./pixels.ts";

const options = { epochs: 12, batchSize: 16, learningRate: 3e-3, seed: 1 };

for (const name of systemNames) {
  Deno.test(`${name}: a run learns, and is the same when saved and loaded`, async () => {
    const folder = await Deno.makeTempDir();
    const [architecture, data] = [lenet5(5), runData()];
    const run = await trainRun(name, architecture, data, options);
    const scores = await predictions(run, architecture, data.test);
    assertGreater(topK(scores, 1).value, 0.9);
    assertEquals(run.history.length, 12);
    const key = await runKey(name, architecture, data, options);
    await saveRun(folder, run, key);
    const loaded = await loadRun(folder, name, architecture, key);
    assertEquals(loaded, run);
    assertEquals((await predictions(loaded!, architecture, data.test)).logits, scores.logits);
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("a run of other images, options or network is not used", async () => {
  const folder = await Deno.makeTempDir();
  const [architecture, data] = [lenet5(5), runData()];
  const short = { ...options, epochs: 1 };
  const key = await runKey("numpy", architecture, data, short);
  assertEquals(await loadRun(folder, "numpy", architecture, key), undefined);
  await saveRun(folder, await trainRun("numpy", architecture, data, short), key);
  const otherImages = { ...data, train: { ...data.train, key: "changed" } };
  for (
    const other of [
      await runKey("numpy", architecture, data, { ...short, seed: 2 }),
      await runKey("numpy", architecture, otherImages, short),
      await runKey("numpy", lenet5(6), data, short),
      await runKey("torch", architecture, data, short),
    ]
  ) {
    assertNotEquals(other, key);
    assertEquals(await loadRun(folder, "numpy", architecture, other), undefined);
  }
  assertEquals((await loadRun(folder, "numpy", architecture, key))!.options, short);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a damaged run is an error that names the file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/runs/numpy.safetensors`;
  await Deno.mkdir(`${folder}/runs`);
  await Deno.writeTextFile(path, "nonsense that is long enough");
  await assertRejects(() => loadRun(folder, "numpy", lenet5(5), "key"), Error, path);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("labels that the network has no class for are refused before training", async () => {
  await assertRejects(
    () => trainRun("numpy", lenet5(3), runData(5), options),
    RangeError,
    "train image 3 has label 3, the network has 3 classes",
  );
});

Deno.test("the source digest depends on the code", async () => {
  assertEquals(await sourceDigest(["lib/util"]), await sourceDigest(["lib/util"]));
  assertNotEquals(await sourceDigest(["lib/util"]), await sourceDigest(["lib/util/rng.ts"]));
});

Deno.test("the best preset learns, keeps apart by name and seed, and predicts by the mean of views", async () => {
  const folder = await Deno.makeTempDir();
  const [architecture, data] = [lenet5(5), runData()];
  assertEquals(presets.best, bestRunOptions);
  const best = { ...bestRunOptions, epochs: 20, batchSize: 16, augmentation: { shift: 1 } };
  const options = { ...best, views: { shift: 1 } };
  const run = await trainRun("numpy", architecture, data, options);
  const scores = await predictions(run, architecture, data.test);
  assertGreater(topK(scores, 1).value, 0.9);
  // logits are log-probabilities: their exponentials sum to at most 1, and rank as they stand
  const logs = logProbabilities(scores);
  assertEquals(labelRanks(logs, scores.labels, 5), labelRanks(scores.logits, scores.labels, 5));
  const { views: _, ...plain } = options;
  const alone = await predictions({ ...run, options: plain }, architecture, data.test);
  assertNotEquals(alone.logits, scores.logits);
  await saveRun(folder, run, "key");
  assertEquals(await loadRun(folder, "numpy", architecture, "key"), undefined);
  assertEquals(await loadRun(folder, "numpy", architecture, "key", options), run);
  await Deno.remove(folder, { recursive: true });
});
