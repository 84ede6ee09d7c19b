import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { assertRejects } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { decodeSafetensors, encodeSafetensors } from "../../lib/model/safetensors.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration, type RunSettings } from "../../lib/runs/run_configuration.ts";
import { runSeeds } from "../../lib/runs/run_seeds.ts";
import { describeOrigins, RunStore } from "../../lib/runs/run_store.ts";
import { sourceDigest, trainingSources } from "../../lib/runs/training_code.ts";
import { BrokenLossError } from "../../lib/systems/system.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { runData } from "./pixels.ts";

const short = (settings: Partial<RunSettings> = {}) =>
  runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), epochs: 1, batchSize: 16, ...settings },
  });

async function withStore(work: (store: RunStore, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await work(new RunStore(folder), folder);
  await Deno.remove(folder, { recursive: true });
}

Deno.test("a run of other images, settings or network is not used", () =>
  withStore(async (store) => {
    const data = runData();
    assert.deepEqual(await store.load(short(), data), undefined);
    await store.train(short(), data);
    for (
      const other of [
        short({ seed: 2 }),
        short({ epochs: 2 }),
        short({ architecture: lenet5(6) }),
        short({ system: "torch" }),
      ]
    ) {
      assert.deepEqual(await store.load(other, data), undefined);
    }
    const otherImages = { ...data, train: { ...data.train, key: "changed" } };
    assert.deepEqual(await store.load(short(), otherImages), undefined);
    assert.deepEqual((await store.load(short(), data))!.configuration, short());
  }));

Deno.test("another seed or length does not overwrite a run", () =>
  withStore(async (store, folder) => {
    const data = runData();
    const first = await store.train(short(), data);
    await store.train(short({ seed: 2 }), data);
    await store.train(short({ epochs: 2 }), data);
    assert.deepEqual(await store.load(short(), data), first);
    assert.deepEqual([...Deno.readDirSync(`${folder}/runs`)].length, 3);
  }));

Deno.test("a caller learns whether a run was loaded, trained, or trained again", () =>
  withStore(async (store, folder) => {
    const data = runData();
    const first = await store.loadOrTrain(short(), data);
    const again = await new RunStore(folder).loadOrTrain(short(), data);
    assert.deepEqual([first.origin, again.origin], ["trained", "loaded"]);
    assert.deepEqual(again.run, first.run);
    // as if other code had made it
    const path = await store.path(short(), data);
    const { weights, metadata } = decodeSafetensors(await Deno.readFile(path), path);
    await Deno.writeFile(path, encodeSafetensors(weights, { ...metadata, code: "other" }));
    assert.deepEqual(await store.load(short(), data), undefined);
    const anew = await store.loadOrTrain(short(), data);
    assert.deepEqual([anew.origin, anew.run.weights], ["trained again", first.run.weights]);
    assert.deepEqual((await store.loadOrTrain(short(), data)).origin, "loaded");
    assert.deepEqual(
      describeOrigins([first, again, anew]),
      "3 runs: 1 loaded, 1 trained, 1 trained again",
    );
    assert.deepEqual(describeOrigins([first]), "1 run: 1 trained");
  }));

Deno.test("a loss that is no number is kept as it was", () =>
  withStore(async (store) => {
    const data = runData();
    const run = await trainRun(short({ epochs: 2 }), data);
    const history = [{ ...run.history[0]!, loss: NaN }, { ...run.history[0]!, loss: -Infinity }];
    await store.save({ ...run, history }, data);
    assert.deepEqual((await store.load(short({ epochs: 2 }), data))!.history, history);
  }));

Deno.test("a damaged file, and a run under another's name, are errors that name the file", () =>
  withStore(async (store) => {
    const data = runData();
    const [path, other] = [
      await store.path(short(), data),
      await store.path(short({ seed: 2 }), data),
    ];
    await store.train(short(), data);
    await Deno.copyFile(path, other);
    await assertRejects(() => store.load(short({ seed: 2 }), data), Error, other);
    await Deno.writeTextFile(path, "nonsense that is long enough");
    await assertRejects(() => store.load(short(), data), Error, path);
  }));

Deno.test("runs with several seeds are told apart, scored, and counted up to the last image", () =>
  withStore(async (store) => {
    const data = runData();
    await store.train(short({ seed: 2 }), data);
    const told: (readonly [number, number])[] = [];
    const listen = (done: number, total: number) => void told.push([done, total]);
    const runs = await runSeeds(store, data, short(), [1, 2], listen);
    assert.deepEqual(runs.map(({ origin }) => origin), ["trained", "loaded"]);
    assert.deepEqual(runs.map(({ run }) => run.configuration.seed), [1, 2]);
    assert.notDeepEqual(runs[0]!.run.weights, runs[1]!.run.weights);
    assert.deepEqual(runs.map(({ test }) => test.top1.images), [25, 25]);
    assert.deepEqual(told.at(-1), [120, 120]);
    assert(told.every(([done], i) => i === 0 || done >= told[i - 1]![0]));
  }));

Deno.test("a training that diverges is refused alone, and is a result among several seeds", () =>
  withStore(async (store) => {
    const data = runData();
    const optimizer = { kind: "sgd", learningRate: 1e38, momentum: 0 } as const;
    const architecture = lenet5(5, { convActivation: "relu", denseActivation: "relu" });
    const configuration = short({ architecture, optimizer });
    await assertRejects(() => store.train(configuration, data), BrokenLossError);
    const [first] = await runSeeds(store, data, configuration, [1]);
    const [again] = await runSeeds(store, data, configuration, [1]);
    assert(!Number.isFinite(first!.run.history[0]!.loss));
    assert.deepEqual([first!.origin, again!.origin], ["trained", "loaded"]);
    assert.deepEqual(again!.run, first!.run);
    assert.deepEqual([again!.test.top1.hits, again!.test.top1.images], [0, 25]);
    // nor is the kept one loaded by somebody who does not ask for it
    const path = await store.path(configuration, data);
    await assertRejects(() => store.loadOrTrain(configuration, data), BrokenLossError, path);
    const whole = await trainRun(short(), data);
    const [name, { shape, data: numbers }] = Object.entries(whole.weights)[0]!;
    const broken = { ...whole.weights, [name]: { shape, data: numbers.map(() => NaN) } };
    await store.save({ ...whole, weights: broken }, data);
    await assertRejects(() => store.loadOrTrain(short(), data), BrokenLossError, name);
  }));

Deno.test("another teacher than the configuration's is refused, and nothing is kept", () =>
  withStore(async (store) => {
    const data = runData(), teaching = short({ seed: 3 }), plain = short();
    const taught = short({ teacher: { configuration: teaching, weight: 0.5, ways: 1 } });
    const teacher = await trainRun(short({ seed: 4 }), data);
    const refused = "another seed than the run's teacher.configuration, 4, not 3";
    await assertRejects(() => store.train(taught, data, { teacher }), RangeError, refused);
    await assertRejects(() => trainRun(plain, data, { teacher }), RangeError, "has none");
    assert.equal(await store.load(taught, data), undefined);
  }));

Deno.test("whatever a training imports is part of its code, or is known not to change what it learns", async () => {
  const elsewhere = [
    "lib/runs/checkpoint.ts", // goes on with the same bits
    "lib/runs/faults.ts", // names, which are part of the configuration
    "lib/runs/run_configuration.ts", // is part of the run's key
    "lib/runs/train_options.ts", // types
  ];
  const reached = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (reached.has(path)) return;
    reached.add(path);
    const text = await Deno.readTextFile(join(projectRoot, path));
    for (const [, target] of text.matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g)) {
      await visit(join(dirname(path), target!));
    }
  };
  await visit("lib/runs/train_run.ts");
  const missing = [...reached].filter((path) =>
    !trainingSources.some((source) => path === source || path.startsWith(`${source}/`))
  );
  assert.deepEqual(missing.sort(), elsewhere);
  const gone = trainingSources.filter((source) => source.endsWith(".ts") && !reached.has(source));
  assert.deepEqual(gone, []);
});

Deno.test("the source digest depends on the code", async () => {
  assert.deepEqual(await sourceDigest(["lib/util"]), await sourceDigest(["lib/util"]));
  assert.notDeepEqual(await sourceDigest(["lib/util"]), await sourceDigest(["lib/util/rng.ts"]));
});
