import assert from "node:assert/strict";
import fc from "fast-check";
import { assertRejects, assertThrows } from "../assert.ts";
import { holdOut } from "../../lib/data/holdout.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { withFiles } from "./files.ts";

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
