/** Damaged archives: any bytes are read or refused with a `DataError`, within a limit of memory. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "../fast_check.ts";
import { assertLess, assertRejects, assertStringIncludes, assertThrows } from "../assert.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { parseIdx } from "../../lib/data/idx.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { unpack } from "../../lib/data/read_file.ts";
import { openNoting, withFiles } from "./files.ts";

/** Runs something that may throw a `DataError` with this file's name, and nothing else. */
async function readOrRefused(name: string, work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    assert(error instanceof DataError, `${error}`);
    assertStringIncludes(error.message, name);
    return false;
  }
}

/** A true IDX file of 3 images of 2×2, in which some bytes are changed and the end is cut or longer. */
const damaged = (bytes: Uint8Array<ArrayBuffer>) =>
  fc.record({
    changes: fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
      maxLength: 4,
    }),
    length: fc.oneof(fc.constant(bytes.length), fc.nat({ max: bytes.length + 20 })),
  }).map(({ changes, length }) => {
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(0, length));
    for (const [at, value] of changes) if (at < length) copy[at] = value;
    return copy;
  });

const images = Uint8Array.of(
  ...[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2],
  ...Array.from({ length: 12 }, (_, i) => i),
);
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 0);

Deno.test("IDX: any bytes are read or refused, plain and gzipped, and nothing is copied", async () => {
  let read = 0;
  const any = fc.oneof(damaged(images), fc.uint8Array({ maxLength: 64 }));
  await fc.assert(
    fc.asyncProperty(any, fc.constantFrom(1, 3), async (bytes, rank) => {
      const parse = () => {
        const { shape, data } = parseIdx(bytes, "some.idx", rank);
        assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
        assert.equal(data.buffer, bytes.buffer);
        return shape;
      };
      const plain = await readOrRefused("some.idx", parse);
      if (plain) read++;
      const zipped = new Uint8Array(gzipSync(bytes));
      assert.equal(
        await readOrRefused("some.idx", () => parseIdx(zipped, "some.idx", rank)),
        plain,
      );
    }),
    { numRuns: 2000 },
  );
  assertLess(read, 2000);
  assert(read > 50, `only ${read} of the damaged files were readable: is the damage too great?`);
});

Deno.test("IDX: a damaged gzip file is read or refused", async () => {
  const zipped = new Uint8Array(gzipSync(images));
  await fc.assert(
    fc.asyncProperty(damaged(zipped), async (bytes) => {
      await readOrRefused("some.gz", () => parseIdx(bytes, "some.gz", 3));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("IDX: a folder with one damaged file is opened or refused by that file's name", async () => {
  const good = {
    "train-images-idx3-ubyte": images,
    "train-labels-idx1-ubyte": labels,
    "t10k-images-idx3-ubyte": images,
    "t10k-labels-idx1-ubyte": labels,
  };
  const name = fc.constantFrom(...Object.keys(good) as (keyof typeof good)[]);
  const one = name.chain((name) => damaged(good[name]).map((bytes) => ({ name, bytes })));
  await fc.assert(
    fc.asyncProperty(one, async ({ name, bytes }) => {
      await withFiles({ ...good, [name]: bytes }, async (folder) => {
        await readOrRefused(folder, async () => {
          const { dataset: { splits, classes } } = await openNoting(folder);
          for (const split of Object.values(splits)) {
            assert(split.length > 0);
            assert(split.labels.every((label) => label < classes.length));
            const image = split.image(split.length - 1);
            assert(image.kind === "raw" && image.data.length === image.width * image.height);
          }
        });
      });
    }),
    { numRuns: 300 },
  );
});

Deno.test("IDX: sizes whose product is beyond any number are refused", () => {
  const huge = Uint8Array.of(0, 0, 8, 3, ...new Array(12).fill(255));
  assertThrows(() => parseIdx(huge, "huge", 3), DataError, "should hold 4294967295×4294967295×");
});

Deno.test("IDX: images without pixels, and of two sizes, are refused", async () => {
  const flat = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2);
  const wide = images.slice();
  wide[11] = 1, wide[15] = 4;
  const good = { "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels };
  const test = (bytes: Uint8Array) => ({
    ...good,
    "t10k-images-idx3-ubyte": bytes,
    "t10k-labels-idx1-ubyte": labels,
  });
  await withFiles(test(flat), async (folder) => {
    await assertRejects(() => openDataset(folder), DataError, "has images of 0×2 pixels");
  });
  await withFiles(test(wide), async (folder) => {
    await assertRejects(
      () => openDataset(folder),
      DataError,
      "are 2×2 pixels, the test images 1×4",
    );
  });
});

Deno.test("IDX: a class between the others that has no training image is told", async () => {
  const gap = labels.with(9, 2);
  const files = {
    "train-images-idx3-ubyte": images,
    "train-labels-idx1-ubyte": gap,
    "t10k-images-idx3-ubyte": images,
    "t10k-labels-idx1-ubyte": gap,
  };
  await withFiles(files, async (folder) => {
    const { dataset, notices } = await openNoting(folder);
    assert.equal(dataset.classes.length, 3);
    assert.equal(notices.length, 1);
    assertStringIncludes(notices[0]!, "no training image has label 1");
  });
});

Deno.test("IDX: too few images to set some aside for validation are refused", async () => {
  const single = {
    "train-images-idx3-ubyte": Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7),
    "train-labels-idx1-ubyte": Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0),
    "t10k-images-idx3-ubyte": Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7),
    "t10k-labels-idx1-ubyte": Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0),
  };
  await withFiles(single, async (folder) => {
    await assertRejects(() => openDataset(folder), DataError, "too few images");
  });
});

Deno.test("a gzip file that grows to gigabytes is refused long before", () => {
  // many members of zeros, one after the other, are one gzip file
  const member = gzipSync(new Uint8Array(2 ** 24));
  const bomb = new Uint8Array(256 * member.length);
  for (let i = 0; i < 256; i++) bomb.set(member, i * member.length);
  assert.equal(unpack(new Uint8Array(member), "zeros.gz").length, 2 ** 24);
  const before = Deno.memoryUsage().rss;
  assertThrows(() => unpack(bomb, "bomb.gz"), DataError, "bomb.gz cannot be unpacked: it grows to");
  // 4 GiB would be 1000 times the file; the limit is 64 times, and a copy of that while it grows
  assertLess(Deno.memoryUsage().rss - before, 3 * 64 * bomb.length);
});

/** CIFAR-100's records, label 0 or 1. */
function cifar(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * 3074);
  for (let i = 0; i < count; i++) bytes[i * 3074 + 1] = i % 2;
  return bytes;
}

Deno.test("CIFAR: a folder with one damaged file is opened or refused by that file's name", async () => {
  const good = { "train.bin": cifar(4), "test.bin": cifar(2) };
  const name = fc.constantFrom(...Object.keys(good) as (keyof typeof good)[]);
  const one = name.chain((name) =>
    fc.record({
      name: fc.constant(name),
      label: fc.nat({ max: 255 }),
      length: fc.oneof(fc.constant(good[name].length), fc.nat({ max: 13000 })),
    })
  );
  let read = 0;
  await fc.assert(
    fc.asyncProperty(one, async ({ name, label, length }) => {
      const bytes = new Uint8Array(length);
      bytes.set(good[name].subarray(0, length));
      if (length > 1) bytes[1] = label;
      await withFiles({ ...good, [name]: bytes }, async (folder) => {
        const opened = await readOrRefused(folder, async () => {
          const { dataset: { splits, classes } } = await openNoting(folder);
          for (const { labels } of Object.values(splits)) {
            assert(labels.every((label) => label < classes.length));
          }
        });
        if (opened) read++;
        if (length % 3074 !== 0 || length === 0 || label > 99) assert(!opened);
      });
    }),
    { numRuns: 300 },
  );
  assert(read > 0);
});

Deno.test("CIFAR: a label that the variant does not have is named with its image and file", async () => {
  const bad = cifar(3);
  bad[2 * 3074 + 1] = 100;
  await withFiles({ "train.bin": bad, "test.bin": cifar(1) }, async (folder) => {
    await assertRejects(
      () => openDataset(folder),
      DataError,
      "train.bin: image 2 has label 100; CIFAR-100's labels go from 0 to 99",
    );
  });
});

Deno.test("CIFAR: missing batches are told, and too many names are refused", async () => {
  const batch = new Uint8Array(2 * 3073);
  const files = { "data_batch_1.bin": batch, "data_batch_3.bin": batch, "test_batch.bin": batch };
  await withFiles(files, async (folder) => {
    const { notices } = await openNoting(folder);
    assert.equal(notices.length, 1);
    assertStringIncludes(notices[0]!, "lacks data_batch_2.bin, data_batch_4.bin, data_batch_5.bin");
  });
  const names = Array.from({ length: 11 }, (_, i) => `class ${i}\n`).join("");
  await withFiles({ ...files, "batches.meta.txt": names }, async (folder) => {
    const open = () => openDataset(folder, { onNotice: () => {} });
    await assertRejects(open, DataError, "names 11 classes; CIFAR-10 has 10");
  });
});
