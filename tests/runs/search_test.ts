/** A search chooses on validation images only, repeats nothing, and goes on where it was cut off. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertGreater, assertRejects, assertThrows } from "../assert.ts";
import { countParameters, isActivation, lenet5 } from "../../lib/model/architecture.ts";
import type { PixelSet } from "../../lib/pixels/pixels.ts";
import type { RunData } from "../../lib/runs/run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import {
  candidateRun,
  finalRuns,
  search,
  type SearchOptions,
  winner,
} from "../../lib/runs/search.ts";
import { searchData } from "../../lib/runs/search_data.ts";
import {
  joinedLogs,
  readSearchLog,
  type SearchLog,
  writeSearchLog,
} from "../../lib/runs/search_log.ts";
import { colourTeacher, longTaughtRecipe, recipes, reluLenet5 } from "../../lib/runs/recipes.ts";
import {
  lenetSpace,
  type SearchSpace,
  secondSpace,
  thirdSpace,
} from "../../lib/runs/search_space.ts";
import { pixelSet, runData } from "./pixels.ts";

const recipe = { batchSize: 16, optimizer: { kind: "adam", learningRate: 3e-3 } } as const;
const slow = { ...recipe, optimizer: { kind: "adam", learningRate: 1e-7 } } as const;
const slower = { ...recipe, optimizer: { kind: "adam", learningRate: 1e-8 } } as const;
const space: SearchSpace = {
  turn: "first",
  candidates: [
    { name: "slow", recipe: slow },
    { name: "quick", recipe },
    { name: "slower", recipe: slower },
  ],
  rounds: [{ epochs: 6, keep: 2 }, { epochs: 12, keep: 1 }],
};

/** Images of a split that nobody may look at. */
function hidden(set: PixelSet): PixelSet {
  const refuse = (): never => {
    throw new Error("the test images were looked at");
  };
  return Object.defineProperties({ ...set, get: refuse }, { pixels: { get: refuse } });
}

async function inFolder(work: (options: SearchOptions, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const store = new RunStore(folder), data = runData();
  try {
    await work({ name: "made", architecture: lenet5(5), data, store }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a search's images: a tenth of each class joins the validation images, nothing is in both", () => {
  const data: RunData = { ...runData(), train: pixelSet(100, 5, 1) };
  const found = searchData({ ...data, teacher: data });
  assert.deepEqual([found.train.length, found.val.length], [90, 10 + data.val.length]);
  const text = (set: PixelSet) =>
    Array.from({ length: set.length }, (_, i) => `${set.labels[i]} ${set.get(i).join()}`);
  const all = new Set([...text(found.train), ...text(found.val)]);
  assert.deepEqual(all, new Set([...text(data.train), ...text(data.val)]));
  assert.equal(all.size, 100 + data.val.length);
  assert.deepEqual(found.test, found.val);
  assert.deepEqual(found.teacher!.train.labels, found.train.labels);
  assert.notEqual(found.train.key, data.train.key);
});

Deno.test("the better recipe wins, the worst trains once, and no test image is looked at", () =>
  inFolder(async (options) => {
    const data = { ...options.data, test: hidden(options.data.test) };
    const log = await search(space, { ...options, data });
    assert.equal(winner(space, log).name, "quick");
    assert.equal(log.kept[0]![0], "quick");
    assert.deepEqual(log.kept.map(({ length }) => length), [2, 1]);
    assert.deepEqual(log.trials.map(({ epochs }) => epochs), [6, 6, 6, 12, 12]);
    const best = log.trials.find(({ candidate, epochs }) => candidate === "quick" && epochs === 12);
    assertGreater(best!.top1, 0.8);
    await assertRejects(() => finalRuns(space, log, [1], { ...options, data }), Error, "looked at");
  }));

Deno.test("a search that was cut off repeats no training, and comes to the same", () =>
  inFolder(async (options, folder) => {
    const path = `${folder}/log.json`;
    assert.equal(await readSearchLog(path), undefined);
    let logs = 0;
    const cutOff = search(space, {
      ...options,
      onLog: async (log) => {
        await writeSearchLog(path, log);
        if (++logs === 3) throw new Error("cut off");
      },
    });
    await assertRejects(() => cutOff, Error, "cut off");
    const before = await readSearchLog(path);
    assertThrows(() => winner(space, before!), RangeError, "not come to its end");
    const trained: string[] = [];
    const progress = (label: string) => {
      trained.push(label);
      return () => {};
    };
    const resumed = await search(space, { ...options, before, progress });
    assert.deepEqual(trained.map((label) => label.split(", ")[1]), ["12 epochs", "12 epochs"]);
    const undated = ({ trials, kept }: SearchLog) => [
      trials.map(({ seconds: _, ...trial }) => trial),
      kept,
    ];
    assert.deepEqual(undated(resumed), undated(await search(space, options)));
    await Deno.writeTextFile(path, "{}");
    await assertRejects(() => readSearchLog(path), Error, "is no log of a search");
    const [trial, ...trials] = resumed.trials;
    for (const top1 of [undefined, null, "0.2", 1.5]) {
      const broken = { ...resumed, trials: [{ ...trial, top1 }, ...trials] };
      await Deno.writeTextFile(path, JSON.stringify(broken));
      await assertRejects(() => readSearchLog(path), Error, "is no log of a search");
    }
  }));

Deno.test("the chosen recipe is trained on all images with each seed, once", () =>
  inFolder(async (options) => {
    const log = await search(space, options);
    const whole = await finalRuns(space, log, [1, 2], options);
    assert.deepEqual(whole.final.map(({ seed, epochs }) => [seed, epochs]), [[1, 12], [2, 12]]);
    for (const { test } of whole.final) assertGreater(test.top1, 0.8);
    assert.notEqual(whole.final[0]!.key, whole.final[1]!.key);
    const again = await finalRuns(space, whole, [1, 2], { ...options, store: undefined! });
    assert.deepEqual(again.final, whole.final);
  }));

Deno.test("the space has names that differ, rounds that narrow, and one network for all", () => {
  const { candidates, rounds } = lenetSpace(lenet5(50));
  assert.equal(new Set(candidates.map(({ name }) => name)).size, candidates.length);
  assert.equal(rounds.at(-1)!.keep, 1);
  const sizes = [candidates.length, ...rounds.map(({ keep }) => keep)];
  assert.deepEqual(sizes.toSorted((a, b) => b - a), sizes);
  assert.equal(new Set(candidates.map(({ recipe }) => JSON.stringify(recipe))).size, sizes[0]);
  assert(candidates.every(({ recipe }) => !("architecture" in recipe)));
  assertGreater(countParameters(colourTeacher(50)), countParameters(lenet5(50)));
});

Deno.test("the second space changes nothing of the network but its activation function", () => {
  const { candidates } = secondSpace(), lenet = lenet5(50);
  const kinds = candidates.map((candidate) => {
    const { architecture } = candidateRun(lenet, candidate, 30);
    assert.equal(countParameters(architecture), 65_106);
    return new Set(architecture.layers.filter(isActivation).map(({ kind }) => kind));
  });
  assert.deepEqual(kinds, [new Set(["tanh"]), new Set(["relu"]), new Set(["relu"])]);
  // the first one is the last that the first search trained for 30 epochs, and is not trained again
  const [chosen] = candidates, space = lenetSpace(lenet);
  const before = space.candidates.find(({ name }) => name === "batches of 64")!;
  assert.deepEqual(candidateRun(lenet, chosen!, 30), candidateRun(lenet, before, 30));
});

Deno.test("a search repeats no training of another search, and takes it under its own name", () =>
  inFolder(async (options) => {
    const first = await search(space, options);
    const [, quick] = space.candidates, finalEpochs = 14;
    const next: SearchSpace = {
      ...{ candidates: [{ ...quick!, name: "chosen" }], rounds: [{ epochs: 12, keep: 1 }] },
      finalEpochs,
    };
    const before = joinedLogs(undefined, { ...first, final: [{} as never] });
    assert.deepEqual(before!.final, []);
    const refuse = () => assert.fail("it was trained again");
    const log = await search(next, { ...options, before, progress: refuse });
    assert.deepEqual([first.turn, log.turn], ["first", undefined]); // a log says which search it is
    assert.deepEqual(log.trials.map(({ candidate, epochs }) => [candidate, epochs]), [[
      "chosen",
      12,
    ]]);
    assert.equal(joinedLogs(log, first)!.trials.length, 1 + first.trials.length);
    const { final } = await finalRuns(next, log, [1], options);
    assert.equal(final[0]!.epochs, finalEpochs);
  }));

Deno.test("recipes.long is what the second search on Tiny ImageNet ends with, network and epochs", async () => {
  const space = secondSpace(), last = space.candidates.at(-1)!;
  assert.deepEqual(
    candidateRun(lenet5(50), last, space.finalEpochs!),
    runConfiguration({ system: "numpy", architecture: reluLenet5(50), ...recipes.long }),
  );
  assert.deepEqual([lenetSpace(lenet5(50)).turn, space.turn, thirdSpace().turn], [
    ...["first", "second", "third"],
  ]);
  const path = fileURLToPath(new URL("../../results/search/tiny50_second.json", import.meta.url));
  for (const run of (await readSearchLog(path))!.final) {
    assert.deepEqual(run.epochs, recipes.long.epochs, "give recipes.long the epochs that were run");
    assert.deepEqual(run.candidate, last.name, "recipes.long is not what the search chose");
  }
});

Deno.test("longTaughtRecipe is what the third search on Tiny ImageNet ends with", async () => {
  const space = thirdSpace(), last = space.candidates.at(-1)!;
  const network = candidateRun(lenet5(50), last, space.finalEpochs!);
  assert.deepEqual(
    network,
    runConfiguration({ system: "numpy", architecture: reluLenet5(50), ...longTaughtRecipe(50) }),
  );
  assert.equal(countParameters(network.architecture), 65_106);
  // it begins with what the second search chose
  const chosen = secondSpace().candidates.at(-1)!;
  assert.deepEqual(
    candidateRun(lenet5(50), space.candidates[0]!, 30),
    candidateRun(lenet5(50), chosen, 30),
  );
  const path = fileURLToPath(new URL("../../results/search/tiny50_third.json", import.meta.url));
  const { final } = (await readSearchLog(path))!;
  assert.equal(final.length, 5);
  for (const { epochs, candidate } of final) {
    assert.deepEqual([epochs, candidate], [space.finalEpochs, last.name]);
  }
});
