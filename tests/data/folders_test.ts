import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertRejects, assertThrows } from "../assert.ts";
import { holdOut } from "../../lib/data/holdout.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { openNoting, withFiles } from "./files.ts";

Deno.test("a tree split/class/image is read, classes in the order of their names", async () => {
  const files = {
    "train/dog/1.jpg": "",
    "train/cat/2.PNG": "",
    "train/cat/notes.txt": "",
    "validation/cat/3.jpg": "",
    "test/dog/4.jpg": "",
  };
  await withFiles(files, async (folder) => {
    const { layout, classes, splits } = await openDataset(folder);
    assert.deepEqual([layout, classes], ["folders", ["cat", "dog"]]);
    assert.deepEqual([...splits.train.labels], [0, 1]);
    assert.deepEqual(splits.val.name(0), "validation/cat/3.jpg");
    assert.deepEqual([...splits.test.labels], [1]);
  });
});

Deno.test("without val a share of train is set aside, none is lost or in both", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`train/${i % 2 ? "a" : "b"}/${i}.jpg`, ""]),
  );
  await withFiles({ ...files, "test/a/x.jpg": "", "test/b/y.jpg": "" }, async (folder) => {
    const { splits: { train, val } } = await openDataset(folder);
    const names = [train, val].flatMap((split) => [...split.labels].map((_, i) => split.name(i)));
    assert.deepEqual(names.length, 40);
    assert.deepEqual(new Set(names).size, 40);
    assert.deepEqual([...val.labels].sort(), [0, 1]);
  });
});

Deno.test("a class that train lacks, an empty class and an empty split are errors", async () => {
  const base = { "train/a/1.jpg": "", "val/a/2.jpg": "", "test/a/3.jpg": "" };
  await withFiles({ ...base, "test/b/4.jpg": "" }, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "is of class b");
  });
  await withFiles({ ...base, "train/b/readme.md": "" }, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "train/b holds no image");
  });
});

Deno.test("holding out: the same share of each class, always the same, a partition", () => {
  fc.assert(fc.property(
    fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 200 }),
    fc.double({ min: 0.05, max: 0.5, noNaN: true }),
    (labels, share) => {
      const { train, val } = holdOut(labels, share);
      assert.deepEqual(holdOut(labels, share).val, val);
      assert.deepEqual([...train, ...val].sort((a, b) => a - b), labels.map((_, i) => i));
      for (const label of new Set(labels)) {
        const all = labels.filter((own) => own === label).length;
        const held = val.filter((i) => labels[i] === label).length;
        assert.deepEqual(held, all < 2 ? 0 : Math.max(1, Math.round(share * all)));
      }
    },
  ));
  assertThrows(() => holdOut([0, 1], 1), RangeError, "got 1");
});

Deno.test("a tree: what is left out is told, each kind once with its count", async () => {
  const files = {
    "train/a/1.jpg": "",
    "train/a/2.bmp": "",
    "train/a/3.bmp": "",
    "train/a/deep/4.jpg": "",
    "train/5.jpg": "",
    "train/a/.hidden": "",
    "val/a/6.jpg": "",
    "test/a/7.jpg": "",
  };
  await withFiles(files, async (folder) => {
    const { dataset, notices } = await openNoting(folder);
    assert.equal(dataset.splits.train.length, 1);
    const said = notices.map((notice) => notice.replace(`${folder}/`, "").split(";")[0]!);
    assert.deepEqual(said.toSorted(), [
      "train/5.jpg is left out: an image must lie in the folder of its class",
      "train/a/2.bmp and 1 more like it are left out: .bmp files are not read",
      "train/a/deep is left out: folders inside of a class's folder are not read",
    ]);
  });
});

Deno.test("a tree: val beside valid is an error, and a missing test folder is named", async () => {
  const base = { "train/a/1.jpg": "", "train/a/2.jpg": "" };
  const both = { ...base, "val/a/3.jpg": "", "valid/a/4.jpg": "", "test/a/5.jpg": "" };
  await withFiles(both, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "holds the folders val and valid");
  });
  await withFiles(base, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "; test is missing");
  });
});
