import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { withFiles } from "./files.ts";

/** Records of CIFAR: labels, then planes whose bytes tell channel and label. */
function records(labels: readonly number[][]): Uint8Array {
  return Uint8Array.from(labels.flatMap((own) => [
    ...own,
    ...[10, 20, 30].flatMap((channel) =>
      Array.from({ length: 1024 }, (_, p) => p === 5 ? 200 : channel + own.at(-1)!)
    ),
  ]));
}

Deno.test("CIFAR-10: planes become interleaved colour, names are read", async () => {
  const files = {
    "data_batch_1.bin": records([[0], [1], [1]]),
    "data_batch_2.bin": records([[2], [0], [2]]),
    "test_batch.bin": records([[1]]),
    "batches.meta.txt": "plane\ncar\nbird\n\n",
  };
  await withFiles(files, async (folder) => {
    const { layout, classes, splits } = await openDataset(folder);
    assert.deepEqual([layout, classes], ["cifar", ["plane", "car", "bird"]]);
    assert.deepEqual([splits.train.length, splits.val.length, splits.test.length], [3, 3, 1]);
    for (const split of Object.values(splits)) {
      for (let i = 0; i < split.length; i++) {
        const image = split.image(i);
        if (image.kind !== "raw") throw new Error("raw expected");
        const label = split.labels[i]!;
        assert.deepEqual([...image.data.subarray(0, 3)], [10 + label, 20 + label, 30 + label]);
        assert.deepEqual([...image.data.subarray(15, 18)], [200, 200, 200]);
      }
    }
  });
});

Deno.test("CIFAR-100: the fine label, which comes second, counts", async () => {
  const files = {
    "train.bin": records([[7, 0], [7, 1], [8, 0], [8, 1]]),
    "test.bin": records([[7, 1]]),
  };
  await withFiles(files, async (folder) => {
    const { classes, splits } = await openDataset(folder);
    assert.deepEqual([classes, [...splits.test.labels]], [["0", "1"], [1]]);
  });
});

Deno.test("a CIFAR file of a wrong size, and a label unknown to train, are errors", async () => {
  const good = { "train.bin": records([[0, 0], [0, 0]]), "test.bin": records([[0, 0]]) };
  await withFiles({ ...good, "test.bin": good["test.bin"].subarray(1) }, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "has 3073 bytes, not a multiple of 3074");
  });
  await withFiles({ ...good, "test.bin": records([[0, 4]]) }, async (folder) => {
    await assertRejects(() => openDataset(folder), Error, "label 4");
  });
});
