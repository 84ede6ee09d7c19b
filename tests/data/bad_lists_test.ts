/** Lists with a mistake in them: errors and notices name the file and the line. */
import assert from "node:assert/strict";
import { assertRejects, assertStringIncludes } from "../assert.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { openNoting, withFiles } from "./files.ts";

const good = {
  "images/a/1.JPEG": "",
  "images/a/2.JPEG": "",
  "images/b/3.png": "",
  "images/b/4 x.png": "",
  "train.txt": "images/a/1.JPEG 0\nimages/b/3.png 1\n",
  "val.txt": "images/a/2.JPEG 0\n",
  "test.txt": "images/b/4 x.png 1\n",
};
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const utf16 = (text: string) =>
  new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);

const errors: readonly [what: string, files: Record<string, string | Uint8Array>, part: string][] =
  [
    ["a label with a fraction", { "val.txt": "images/a/2.JPEG 0.5" }, 'val.txt:1: expected "path'],
    [
      "a label that is no decimal number",
      { "val.txt": "images/a/2.JPEG 0x1" },
      "val.txt:1: expected",
    ],
    ["a label in powers of ten", { "val.txt": "images/a/2.JPEG 1e0" }, "val.txt:1: expected"],
    [
      "a label too large for a number",
      { "val.txt": "images/a/2.JPEG 99999999999999999" },
      "val.txt:1:",
    ],
    [
      "a label of a thousand million",
      {
        "train.txt": "images/a/1.JPEG 0\nimages/b/3.png 1000000000",
        "val.txt": "images/a/2.JPEG 0",
        "test.txt": "images/b/4 x.png 0",
      },
      "train.txt:2: there are labels up to 1000000000 but no image with label 1;",
    ],
    [
      "an absolute path",
      { "val.txt": "\n/etc/passwd 0" },
      "val.txt:2: the image /etc/passwd is not read: the path is absolute",
    ],
    [
      "a path that leaves the folder",
      { "val.txt": "../x.png 0" },
      "val.txt:1: the image ../x.png is not read: the path leaves",
    ],
    [
      "a hidden way out of the folder",
      { "val.txt": "images/../../x.png 0" },
      "the path leaves the data folder",
    ],
    ["a zero byte", { "val.txt": "images/a/\0.png 0" }, "the path holds a zero byte"],
    [
      "a folder in place of an image",
      { "val.txt": "images/a 0" },
      "val.txt:1: images/a is a folder, not an image",
    ],
    [
      "a file in place of a folder",
      { "val.txt": "images/a/2.JPEG/x.png 0" },
      "there is no image images/a/2.JPEG/x.png",
    ],
    [
      "Latin-1",
      { "val.txt": latin1("images/a/2.JPEG 0\nimages/b/caf\xe9.png 1\n") },
      "val.txt:2: the text is not UTF-8",
    ],
    [
      "UTF-16",
      { "val.txt": utf16("\ufeffimages/a/2.JPEG 0\n") },
      "val.txt:1: the text is not UTF-8",
    ],
    [
      "two labels of one image in two lists",
      { "test.txt": "images/b/4 x.png 1\nimages/a/1.JPEG 1" },
      "test.txt:2: the image images/a/1.JPEG has label 1 here and label 0 in train.txt:1",
    ],
    [
      "two labels of one image in one list",
      { "train.txt": "images/a/1.JPEG 0\nimages/b/3.png 1\n./images/b/3.png 0" },
      "train.txt:3: the image ./images/b/3.png has label 0 here and label 1 in train.txt:2",
    ],
    [
      "a class name without a label",
      { "classes.txt": "ant 0\n" },
      'classes.txt:1: expected "label folder name"',
    ],
    [
      "a class that is named twice",
      { "classes.txt": "0 a ant\n0 b bee" },
      "classes.txt:2: label 0 was named in line 1",
    ],
  ];
for (const [what, files, part] of errors) {
  Deno.test(`lists: ${what} is an error`, async () => {
    await withFiles({ ...good, ...files }, async (folder) => {
      await assertRejects(() => openDataset(folder), DataError, part);
    });
  });
}

Deno.test("lists: a long bad line is shown shortened", async () => {
  await withFiles({ ...good, "val.txt": "x".repeat(10_000) }, async (folder) => {
    const { message } = await assertRejects(() => openDataset(folder), DataError, "val.txt:1:");
    assert(message.length < 400, message);
  });
});

Deno.test("lists: a byte-order mark and CRLF are no part of the paths", async () => {
  const files = { ...good, "train.txt": "\ufeffimages/a/1.JPEG 0\r\nimages/b/3.png 1\r\n" };
  await withFiles({ ...files, "classes.txt": "\ufeff0 a ant\r\n1 b bee\r\n" }, async (folder) => {
    const { dataset: { classes, splits }, notices } = await openNoting(folder);
    assert.deepEqual([splits.train.name(0), splits.train.name(1)], [
      "images/a/1.JPEG",
      "images/b/3.png",
    ]);
    assert.deepEqual(classes, ["ant", "bee"]);
    assert.deepEqual(notices, []);
  });
});

Deno.test("lists: an image in two splits is told once for each pair, with its lines and the count", async () => {
  const files = {
    ...good,
    "val.txt": "images/a/2.JPEG 0\nimages/a/1.JPEG 0\nimages/b//3.png 1\n",
    "test.txt": "images/b/4 x.png 1\nimages/a/2.JPEG 0\n",
  };
  await withFiles(files, async (folder) => {
    const { notices } = await openNoting(folder);
    assert.equal(notices.length, 2);
    assertStringIncludes(notices[0]!, "val.txt:2: the image images/a/1.JPEG is in train.txt:1 too");
    assertStringIncludes(notices[0]!, "(2 images in all)");
    assertStringIncludes(notices[1]!, "test.txt:2: the image images/a/2.JPEG is in val.txt:1 too");
  });
});

Deno.test("lists: a line that stands twice is told", async () => {
  const train = "images/a/1.JPEG 0\nimages/b/3.png 1\nimages/a/1.JPEG 0\n";
  await withFiles({ ...good, "train.txt": train }, async (folder) => {
    const { dataset, notices } = await openNoting(folder);
    assert.equal(dataset.splits.train.length, 3);
    assert.equal(notices.length, 1);
    assertStringIncludes(notices[0]!, "train.txt:3: the image images/a/1.JPEG is listed in line 1");
  });
});

Deno.test("lists: of a data set that lacks one list the missing one is named", async () => {
  const { "val.txt": _, ...files } = good;
  await withFiles(files, async (folder) => {
    await assertRejects(() => openDataset(folder), DataError, "; val.txt is missing");
  });
});
