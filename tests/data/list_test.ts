import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { withFiles } from "./files.ts";

const images = { "images/a/1.JPEG": "", "images/a/2 x.JPEG": "", "images/b/3.png": "" };
const good = {
  ...images,
  "train.txt": "images/a/1.JPEG 0\r\n\r\nimages/b/3.png\t1\n",
  "val.txt": "images/a/2 x.JPEG 0\n",
  "test.txt": "images/b/3.png 1",
};

Deno.test("the paper's lists are read: blanks in paths, CRLF, blank lines", async () => {
  await withFiles(good, async (folder) => {
    const { layout, classes, synthetic, splits } = await openDataset(folder);
    assert.deepEqual([layout, classes, synthetic], ["list", ["a", "b"], false]);
    assert.deepEqual([...splits.train.labels], [0, 1]);
    assert.deepEqual(splits.val.name(0), "images/a/2 x.JPEG");
    assert.deepEqual(splits.val.image(0), {
      kind: "file",
      path: join(folder, "images/a/2 x.JPEG"),
    });
  });
});

Deno.test("names come from classes.txt, and synthetic.json is noticed", async () => {
  const files = { ...good, "classes.txt": "1 b big bear\n0 a ant\n", "synthetic.json": "{}" };
  await withFiles(files, async (folder) => {
    const { classes, synthetic } = await openDataset(folder);
    assert.deepEqual([classes, synthetic], [["ant", "big bear"], true]);
  });
});

const bad: readonly [what: string, files: Record<string, string>, message: string][] = [
  ["a line without a label", { "val.txt": "\nimages/a/1.JPEG\n" }, "val.txt:2: expected"],
  ["a label that is no number", { "train.txt": "images/a/1.JPEG zero" }, "train.txt:1: expected"],
  ["a negative label", { "train.txt": "images/a/1.JPEG -1" }, "train.txt:1: expected"],
  [
    "missing images",
    { "test.txt": "images/b/3.png 1\nimages/b/4.png 1\nno/5.png 0\n" },
    "test.txt:2: there is no image images/b/4.png (2 of 3 are missing)",
  ],
  ["an empty list", { "val.txt": "\n\n" }, "val.txt lists no image"],
  ["a class without training image", { "val.txt": "images/a/1.JPEG 2" }, "val.txt:1: label 2 has"],
  [
    "a gap in the labels",
    {
      "train.txt": "images/a/1.JPEG 0\nimages/b/3.png 2\nimages/b/3.png 3",
      "test.txt": "images/a/1.JPEG 0",
    },
    "no image with label 1",
  ],
];
for (const [what, files, message] of bad) {
  Deno.test(`lists: ${what} is an error that names the place`, async () => {
    await withFiles({ ...good, ...files }, async (folder) => {
      await assertRejects(() => openDataset(folder), Error, message);
    });
  });
}

Deno.test("a folder of another kind: what was looked for and what stands there", async () => {
  await withFiles({ "letter.txt": "", "photo.jpg": "" }, async (folder) => {
    const error = await assertRejects(
      () => openDataset(folder),
      Error,
      "found letter.txt, photo.jpg",
    );
    assert.deepEqual(error.message.includes("train-images-idx3-ubyte"), true);
    await assertRejects(() => openDataset(`${folder}/none`), Error, "there is no folder");
    await assertRejects(() => openDataset(`${folder}/letter.txt`), Error, "is a file");
  });
});
