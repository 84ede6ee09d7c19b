import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "../fast_check.ts";
import { assertRejects, assertThrows } from "../assert.ts";
import { parseIdx } from "../../lib/data/idx.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { exists } from "../../lib/util/files.ts";
import { withFiles } from "./files.ts";

function idx(shape: number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x800 + shape.length);
  shape.forEach((side, i) => view.setUint32(4 + 4 * i, side));
  bytes.set(Array.from(data), 4 + 4 * shape.length);
  return bytes;
}
const labels = [0, 1, 2, 0, 1, 2];
const pixels = Uint8Array.from({ length: 6 * 12 }, (_, i) => i);
const good = {
  "train-images-idx3-ubyte": idx([6, 4, 3], pixels),
  "train-labels-idx1-ubyte": idx([6], labels),
  "t10k-images-idx3-ubyte": idx([2, 4, 3], pixels.subarray(0, 24)),
  "t10k-labels-idx1-ubyte": idx([2], [2, 0]),
};

Deno.test("any bytes come back from IDX, plain and gzipped", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), fc.boolean(), (data, zip) => {
    const file = idx([1, data.length, 1], data);
    const read = parseIdx(zip ? new Uint8Array(gzipSync(file)) : file, "x", 3);
    assert.deepEqual([...read.data], [...data]);
    assert.deepEqual(read.shape, [1, data.length, 1]);
  }));
});

Deno.test("a folder of IDX files is read; images keep their labels", async () => {
  const zipped = Object.fromEntries(
    Object.entries(good).map(([name, bytes]) => [`${name}.gz`, new Uint8Array(gzipSync(bytes))]),
  );
  for (const files of [good, zipped]) {
    await withFiles(files, async (folder) => {
      const { layout, classes, splits } = await openDataset(folder);
      assert.deepEqual([layout, classes], ["idx", ["0", "1", "2"]]);
      assert.deepEqual(splits.train.length + splits.val.length, 6);
      for (const split of [splits.train, splits.val]) {
        for (let i = 0; i < split.length; i++) {
          const image = split.image(i);
          if (image.kind !== "raw") throw new Error("raw expected");
          const position = image.data[0]! / 12;
          assert.deepEqual(split.labels[i], labels[position]);
          assert.deepEqual([image.width, image.height, image.channels], [3, 4, 1]);
          assert.deepEqual(split.name(i), `${Object.keys(files)[0]}#${position}`);
        }
      }
    });
  }
});

Deno.test("damaged IDX files are refused by name and reason", async () => {
  const change = async (name: keyof typeof good, bytes: Uint8Array, message: string) => {
    await withFiles({ ...good, [name]: bytes }, async (folder) => {
      await assertRejects(() => openDataset(folder), Error, message);
    });
  };
  await change("train-images-idx3-ubyte", idx([6], labels), "starts with 0x801");
  await change("train-images-idx3-ubyte", good["train-images-idx3-ubyte"].subarray(0, 50), "6×4×3");
  await change("train-labels-idx1-ubyte", idx([5], labels.slice(1)), "6 images");
  await change("t10k-labels-idx1-ubyte", idx([2], [0, 3]), "label 3 at 1");
  await change("t10k-labels-idx1-ubyte", new Uint8Array(3), "too short");
  assertThrows(
    () => parseIdx(new Uint8Array([0x1f, 0x8b, 1, 2]), "a.gz", 1),
    Error,
    "a.gz cannot be unpacked",
  );
  const { "t10k-labels-idx1-ubyte": _, ...incomplete } = good;
  await withFiles(incomplete, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "lacks t10k-labels-idx1-ubyte");
  });
});

const fashion = "/usr/share/datasets/fashion-mnist";
Deno.test({
  name: `Debian's Fashion-MNIST is read (skipped unless dataset-fashion-mnist is installed)`,
  ignore: !await exists(fashion),
  fn: async () => {
    const { classes, splits } = await openDataset(fashion);
    assert.deepEqual(classes.length, 10);
    assert.deepEqual([splits.train.length, splits.val.length, splits.test.length], [
      54_000,
      6_000,
      10_000,
    ]);
  },
});
