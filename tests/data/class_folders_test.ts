import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { noteSimilarNames } from "../../lib/data/folders.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { parseSplit } from "../../lib/data/split_options.ts";
import { openNoting, withFiles } from "./files.ts";

const tree = Object.fromEntries(
  Array.from({ length: 90 }, (_, i) => [`${i < 30 ? "dog" : "cat"}/${i}.png`, "x"]),
);

async function names(folder: string, split = {}): Promise<string[][]> {
  const { splits } = await openDataset(folder, { split, onNotice: () => {} });
  return [splits.train, splits.val, splits.test].map((part) =>
    Array.from({ length: part.length }, (_, i) => part.name(i))
  );
}

Deno.test("folders of classes without splits are split, of each class the same shares", async () => {
  await withFiles(tree, async (folder) => {
    const { dataset: { classes, layout, splits }, notices } = await openNoting(folder);
    assert.deepEqual([layout, classes], ["class folders", ["cat", "dog"]]);
    const counts = Object.values(splits).map(({ labels }) =>
      [0, 1].map((label) => labels.filter((own) => own === label).length)
    );
    assert.deepEqual(counts, [[48, 24], [6, 3], [6, 3]]);
    assert.equal(notices.length, 1);
    assert.match(
      notices[0]!,
      /90 images of 2 classes are split here: 72 train, 9 val \(10 % of each class\), 9 test \(10 %\), with seed 0/,
    );
    const all = (await names(folder)).flat().sort();
    assert.deepEqual(all, Object.keys(tree).sort(), "each image is in one part");
  });
});

Deno.test("classes that a reader would take for one are told, in both layouts of folders", async () => {
  // every file system has room for these two, of which one has a letter for f and i
  const alike = ["dog", "fish", "\ufb01sh"];
  for (const parts of [[""], ["train/", "test/"]]) {
    const files = parts.flatMap((part) =>
      alike.flatMap((name) => [1, 2, 3].map((i) => [`${part}${name}/${i}.png`, "x"]))
    );
    await withFiles(Object.fromEntries(files), async (folder) => {
      const { dataset, notices } = await openNoting(folder);
      assert.equal(dataset.classes.length, alike.length);
      assert.equal(notices.filter((text) => text.includes("are two classes")).length, 1);
    });
  }
  const told: string[] = [];
  const names = ["Cat", "cat", "cat ", "caf\u00e9", "cafe\u0301", "cafe"];
  noteSimilarNames(names, "/data", (text) => void told.push(text));
  assert.equal(told.length, 3);
  assert.match(told[0]!, /^\/data: "Cat" and "cat" are two classes/);
});

Deno.test("classes without test images are told", async () => {
  const files = ["train/a", "train/b", "train/c", "test/b"].flatMap((folder) =>
    [1, 2, 3].map((i) => [`${folder}/${i}.png`, "x"])
  );
  await withFiles(Object.fromEntries(files), async (folder) => {
    const { notices } = await openNoting(folder);
    assert(notices.some((text) => text.endsWith("/test has no image of a, c")), notices.join());
  });
});

Deno.test("who asks for a split of images that are split already is told that there is none", async () => {
  const there = Object.fromEntries(
    ["train", "test"].flatMap((part) =>
      Object.keys(tree).map((name) => [`${part}/${name.replace(".", `${part}.`)}`, part + name])
    ),
  );
  await withFiles(there, async (folder) => {
    const told: string[] = [];
    const onNotice = (text: string) => void told.push(text);
    await openDataset(folder, { split: { val: 0.3 }, onNotice });
    assert(told.some((text) => text.includes("not split as it was asked for")), told.join());
    const plain: string[] = [];
    await openDataset(folder, { onNotice: (text) => void plain.push(text) });
    assert.equal(plain.length, told.length - 1);
  });
});

Deno.test("shares and seed can be chosen, and the seed says which images", async () => {
  await withFiles(tree, async (folder) => {
    const [, val, test] = await names(folder, { val: 0.2, test: 0.5, seed: 3 });
    assert.deepEqual([val!.length, test!.length], [18, 45]);
    assert.notDeepEqual(await names(folder, { seed: 1 }), await names(folder));
    assert.deepEqual(await names(folder, { seed: 1 }), await names(folder, { seed: 1 }));
  });
});

Deno.test("another class does not change the split of a class", async () => {
  const dogs = (parts: string[][]) =>
    parts.map((part) => part.filter((name) => name.startsWith("dog")));
  let before: string[][] = [];
  await withFiles(tree, async (folder) => void (before = dogs(await names(folder))));
  const more = { ...tree, "ant/1.png": "x", "ant/2.png": "x", "ant/3.png": "x" };
  await withFiles(more, async (folder) => assert.deepEqual(dogs(await names(folder)), before));
  // what is drawn today is drawn tomorrow and on every machine
  assert.deepEqual(before[2], ["dog/12.png", "dog/16.png", "dog/24.png"]);
});

Deno.test("a class with too few images and a half-made tree of splits are refused", async () => {
  await withFiles({ ...tree, "ant/1.png": "x", "ant/2.png": "x" }, async (folder) => {
    await assertRejects(
      () => openDataset(folder, { onNotice: () => {} }),
      DataError,
      "ant has too few images for a split, 2",
    );
  });
  await withFiles(
    { "train/dog/1.png": "x", "cat/1.png": "x", "dog/1.png": "x" },
    async (folder) => {
      await assertRejects(() => openDataset(folder), DataError, "test is missing");
    },
  );
});

Deno.test("a split that cannot be is refused by its key", async () => {
  for (
    const [split, message] of [[{ val: 0 }, "val must be between"], [
      { test: 1 },
      "test must",
    ]] as const
  ) {
    await withFiles(tree, async (folder) => {
      await assertRejects(() => openDataset(folder, { split }), RangeError, message);
    });
  }
  assert.deepEqual(parseSplit("val=0.2 seed=3"), { val: 0.2, test: 0.1, seed: 3 });
  for (const text of ["0.2", "val=0.2 val=0.3", "vol=1", "val=0.6 test=0.5", "seed=1.5"]) {
    assertThrows(() => parseSplit(text), DataError, `LENET_SPLIT is "${text}"`);
  }
});
