import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertRejects, assertThrows } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { OutcomeStore } from "../../lib/runs/outcome_store.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { packBits, splitOutcome, trainOutcome, unpackBits } from "../../lib/runs/run_outcome.ts";
import { readSweep, writeSweep } from "../../lib/runs/sweep_file.ts";
import { runData } from "./pixels.ts";

const configuration = runConfiguration({
  ...{ system: "numpy", architecture: lenet5(5), epochs: 1, batchSize: 16 },
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("bits come back from their digits, and no others pass for them", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (bits) => {
    assert.deepEqual(unpackBits(packBits(bits), bits.length), bits);
  }));
  assert.equal(packBits([true, false, false, false, true]), "88");
  assertThrows(() => unpackBits("88", 9), RangeError);
  assertThrows(() => unpackBits("8g", 8), RangeError);
});

Deno.test("answers are counted: within one, within five, and how many classes", () => {
  const logits = Float32Array.from([...[3, 2, 1, 0, 0, 0, -1], ...[3, 2, 1, 0.5, 0.4, 0.3, 0]]);
  const split = splitOutcome({ logits, labels: Int32Array.of(0, 5), classes: 7 });
  assert.deepEqual(split, {
    ...{ images: 2, top1: 1, top5: 1, predicted: 1, top1Images: "8", top5Images: "8" },
  });
});

Deno.test("an outcome is kept once under its key, whole, and a loss that is no number too", () =>
  withFolder(async (folder) => {
    const store = new OutcomeStore(folder);
    const { outcome, made } = await trainOutcome(configuration, runData());
    const broken = { outcome: { ...outcome, epochs: [{ loss: NaN, accuracy: 0 }] }, made };
    assert.equal(await store.get(outcome.key), undefined);
    assert.equal(await store.put(broken), true);
    assert.equal(await store.put({ outcome, made }), false);
    assert.deepEqual(await store.get(outcome.key), broken);
    assert.equal([...Deno.readDirSync(`${folder}/outcomes`)].length, 1);
    // the same training again comes to the same outcome, weights included
    assert.deepEqual((await trainOutcome(configuration, runData())).outcome, outcome);
  }));

Deno.test("an outcome of a taught network is kept, whether or not the teacher has images of its own", () =>
  withFolder(async (folder) => {
    const store = new OutcomeStore(folder);
    const taught = runConfiguration({
      ...{ system: "numpy", architecture: lenet5(5), epochs: 1, batchSize: 16 },
      teacher: { configuration, weight: 1, ways: 1 },
    });
    const own = runData(), keys = new Set<string>();
    const other = { ...own, train: { ...own.train, key: "the same images in colour" } };
    for (const data of [own, { ...own, teacher: other }]) {
      const kept = await trainOutcome(taught, data);
      assert.equal(await store.put(kept), true);
      assert.deepEqual(await store.get(kept.outcome.key), kept);
      keys.add(kept.outcome.key);
    }
    assert.equal(keys.size, 2);
  }));

Deno.test("a damaged or foreign outcome is an error that names the file", () =>
  withFolder(async (folder) => {
    const store = new OutcomeStore(folder);
    const kept = await trainOutcome(configuration, runData());
    const { key } = kept.outcome;
    const path = store.path(key);
    await store.put(kept);
    const text = await Deno.readTextFile(path);
    for (
      const damaged of [
        text.slice(0, -30),
        "{}",
        text.replace('"epochs":1', '"epochs":2'), // another configuration under this key
        text.replace(/"images":20,"top1":\d+/, '"images":20,"top1":21'),
        text.replace(/"date":"[^"]*"/, '"date":""'),
      ]
    ) {
      await Deno.writeTextFile(path, damaged);
      await assertRejects(() => store.get(key), Error, path);
    }
  }));

Deno.test("a key is claimed by one at a time, and is free again afterwards", () =>
  withFolder(async (folder) => {
    const [one, other] = [new OutcomeStore(folder), new OutcomeStore(folder)];
    const claim = await one.claim("a");
    assert(claim);
    assert.equal(await other.claim("a"), undefined);
    const foreign = await other.claim("b");
    assert(foreign);
    await claim.release();
    const second = await other.claim("a");
    assert(second);
    assert.equal(await one.claim("a"), undefined);
    await second.release();
    await foreign.release();
    assert.deepEqual([...Deno.readDirSync(`${folder}/outcomes`)], []);
  }));

Deno.test("outcomes that are written together come back, results apart from how they came about", () =>
  withFolder(async (folder) => {
    const kept = await trainOutcome(configuration, runData());
    const entries = [{ name: "7", outcomes: [kept] }, { name: "3", outcomes: [] }];
    await writeSweep(folder, "short", entries);
    assert.deepEqual(await readSweep(folder, "short"), entries);
    assert.equal(await readSweep(folder, "other"), undefined);
    const path = `${folder}/sweep_short.json`;
    const text = await Deno.readTextFile(path);
    assert(!text.includes(kept.made.date) && !text.includes("seconds"));
    await Deno.writeTextFile(path, text.replace(/"images":20,"top1":\d+/, '"images":20,"top1":21'));
    await assertRejects(() => readSweep(folder, "short"), Error, `${path} (7, run 1)`);
    await Deno.remove(`${folder}/sweep_short_made.json`);
    await assertRejects(
      () => readSweep(folder, "short"),
      Error,
      "sweep_short_made.json is missing",
    );
  }));
