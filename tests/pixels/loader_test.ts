import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertAlmostEquals, assertRejects, assertThrows } from "../assert.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import type { DataLoaderOptions } from "../../lib/pixels/loader_options.ts";
import { normalisation } from "../../lib/pixels/normalisation.ts";
import type { Mixing } from "../../lib/pixels/mix.ts";
import type { Batch, PixelSet, PixelSource } from "../../lib/pixels/pixels.ts";

/** `length` images of 2×3 pixels; the first pixel and the label tell which image it is. */
function pixelSet(length: number): PixelSet {
  const pixels = new Uint8Array(length * 6).map((_, i) => i % 6 === 0 ? i / 6 : 7 * i);
  const labels = Int32Array.from({ length }, (_, i) => i);
  const get = (i: number) => pixels.subarray(i * 6, i * 6 + 6);
  return { length, channels: 1, height: 2, width: 3, labels, pixels, key: "", get };
}

/** The same images, read one at a time after a moment's wait. */
function lazily(set: PixelSet, reading: (index: number) => void = () => {}): PixelSource {
  const { length, channels, height, width, labels } = set;
  const get = async (index: number) => {
    reading(index);
    await new Promise((resolve) => setTimeout(resolve, index % 3));
    return set.get(index);
  };
  return { length, channels, height, width, labels, get };
}

async function epoch(loader: DataLoader): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

const moment = () => new Promise((resolve) => setTimeout(resolve));
const labelsOf = (batches: Batch[]) => batches.flatMap((batch) => [...batch.labels]);

Deno.test("an epoch visits each image once, pixels beside their label", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 1, max: 70 }),
    fc.boolean(),
    fc.boolean(),
    fc.integer({ min: 0, max: 4 }),
    async (length, batchSize, shuffle, dropLast, prefetch) => {
      const set = pixelSet(length);
      const loader = new DataLoader(set, { batchSize, shuffle, dropLast, prefetch });
      const batches = await epoch(loader);
      const visited = labelsOf(batches);
      assert.deepEqual(batches.length, loader.length);
      assert.deepEqual(visited.length, loader.samples);
      assert.deepEqual(new Set(visited).size, visited.length);
      assert.deepEqual(visited.length, dropLast ? length - length % batchSize : length);
      for (const { size, images, labels } of batches) {
        assert.deepEqual([images.length, labels.length], [size * 6, size]);
        labels.forEach((label, i) =>
          assert.deepEqual([...images.subarray(i * 6, i * 6 + 6)], [...set.get(label)])
        );
      }
      assert(batches.slice(0, -1).every((batch) => batch.size === batchSize));
    },
  ));
});

Deno.test("the last batch holds what is left, or is dropped", async () => {
  const sizes = async (dropLast: boolean) => {
    const loader = new DataLoader(pixelSet(10), { batchSize: 4, dropLast });
    return (await epoch(loader)).map((batch) => batch.size);
  };
  assert.deepEqual(await sizes(false), [4, 4, 2]);
  assert.deepEqual(await sizes(true), [4, 4]);
});

Deno.test("epochs differ in order, and a seed's epoch is always the same", async () => {
  const make = (seed: number) => new DataLoader(pixelSet(50), { shuffle: true, seed });
  const loader = make(3);
  const first = labelsOf(await epoch(loader)), second = labelsOf(await epoch(loader));
  const sorted = Array.from({ length: 50 }, (_, i) => i);
  assert(first.join() !== second.join() && first.join() !== sorted.join());
  assert.deepEqual(labelsOf(await epoch(make(3))), first);
  assert(labelsOf(await epoch(make(4))).join() !== first.join());
  loader.setEpoch(1);
  assert.deepEqual(labelsOf(await epoch(loader)), second);
  assert.deepEqual(loader.epoch, 2);
  assert.deepEqual([...loader.order(0)], first);
});

Deno.test("without shuffling every epoch has the source's order", async () => {
  const loader = new DataLoader(pixelSet(9), { batchSize: 2 });
  for (let e = 0; e < 2; e++) assert.deepEqual(labelsOf(await epoch(loader)), [...Array(9).keys()]);
});

Deno.test("a lazy source gives the batches of a packed one", async () => {
  const options = {
    batchSize: 8,
    shuffle: true,
    seed: 5,
    normalisation: { mean: 9, std: 2 },
  };
  const packed = await epoch(new DataLoader(pixelSet(30), options));
  for (const workers of [1, 3, 40]) {
    const lazy = await epoch(new DataLoader(lazily(pixelSet(30)), { ...options, workers }));
    assert.deepEqual(lazy, packed);
  }
});

Deno.test("no more than `workers` images are read at once, and batches are read ahead", async () => {
  const set = pixelSet(40);
  let reading = 0, most = 0, asked = 0;
  const source: PixelSource = {
    ...lazily(set),
    get: async (index) => {
      asked++;
      most = Math.max(most, ++reading);
      await moment();
      reading--;
      return set.get(index);
    },
  };
  const batches = new DataLoader(source, { batchSize: 5, workers: 3, prefetch: 2 });
  let done = 0;
  for await (const _ of batches) {
    done++;
    const ahead = Math.min(40, (done + 2) * 5);
    for (let tick = 0; tick < 500 && asked < ahead; tick++) await moment();
    await moment();
    assert.deepEqual(asked, ahead);
  }
  assert.deepEqual(most, 3);
});

Deno.test("a batch's buffers are its own", async () => {
  const set = pixelSet(4);
  const [first, second] = await epoch(new DataLoader(set, { batchSize: 2 }));
  first!.images.fill(-1);
  first!.labels.fill(-1);
  assert.deepEqual(second!.images[0], 2);
  assert.deepEqual([...set.labels], [0, 1, 2, 3]);
});

Deno.test("an image that cannot be read ends the epoch with its error, after the batches before", async () => {
  const asked: number[] = [];
  const source = lazily(pixelSet(40), (index) => {
    asked.push(index);
    if (index === 13) throw new Error("train/13.jpg: the image is damaged");
  });
  const seen: number[] = [];
  await assertRejects(
    async () => {
      const loader = new DataLoader(source, { batchSize: 4, workers: 2, prefetch: 3 });
      for await (const batch of loader) seen.push(...batch.labels);
    },
    Error,
    "train/13.jpg",
  );
  assert.deepEqual(seen, [...Array(12).keys()]);
  assert(asked.every((index) => index < 16), "no image of a later batch is read");
});

Deno.test("a source with too few labels, or too few or many bytes of an image, is refused", async () => {
  const set = pixelSet(5), { labels, pixels } = set;
  const made = (change: object) => new DataLoader({ ...set, ...change }, { batchSize: 2 });
  assertThrows(() => made({ labels: labels.slice(1) }), RangeError, "5 images need as many labels");
  assertThrows(
    () => made({ pixels: pixels.slice(1) }),
    RangeError,
    "a set of 5 images: 30 bytes are needed (one a pixel and channel), got 29",
  );
  for (const bytes of [5, 7]) {
    const get = (index: number) => new Uint8Array(index === 3 ? bytes : 6);
    const one = made({ pixels: undefined, get });
    await assertRejects(() => epoch(one), RangeError, `image 3: 6 bytes are needed`);
    const getAll = (indices: Int32Array) =>
      Promise.resolve(new Uint8Array(indices.length === 1 ? bytes : 12));
    const all = made({ pixels: undefined, getAll });
    await assertRejects(
      () => epoch(all),
      RangeError,
      "1 images from image 4 on: 6 bytes are needed",
    );
  }
});

Deno.test("leaving an epoch early leaves nothing running", async () => {
  let asked = 0;
  const loader = new DataLoader(lazily(pixelSet(40), () => asked++), { batchSize: 4 });
  for await (const _ of loader) break;
  const after = asked;
  assert(after < 40);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked, after);
  assert.deepEqual(labelsOf(await epoch(loader)).length, 40);
});

Deno.test("normalised training pixels have mean 0 and std 1", async () => {
  const set = pixelSet(100);
  const loader = new DataLoader(set, { normalisation: normalisation(set) });
  const values = (await epoch(loader)).flatMap((batch) => [...batch.images]);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  assertAlmostEquals(mean, 0, 1e-6);
  assertAlmostEquals(variance, 1, 1e-6);
});

Deno.test("pixels of a single level are normalised to 0", () => {
  const set = pixelSet(3);
  set.pixels.fill(40);
  assert.deepEqual(normalisation(set), { mean: 40, std: 1 });
  assertThrows(() => normalisation(pixelSet(0)), RangeError, "empty");
});

Deno.test("options without sense are refused by name and value", () => {
  const bad: [DataLoaderOptions, string][] = [
    [{ batchSize: 0 }, "batchSize must be an integer from 1, got 0"],
    [{ batchSize: 1.5 }, "batchSize must be an integer from 1, got 1.5"],
    [{ prefetch: -1 }, "prefetch must be an integer from 0, got -1"],
    [{ workers: NaN }, "workers must be an integer from 1, got NaN"],
    [{ seed: 0.5 }, "seed must be an integer, got 0.5"],
    [{ normalisation: { mean: 0, std: 0 } }, "a std over 0, got 0 and 0"],
    [{ batchsize: 3 } as object, "a DataLoader has the unknown option batchsize; it has batchSize"],
    [{ shuffle: "false" } as object, "shuffle must be true or false, got false"],
    [{ dropLast: 1 } as object, "dropLast must be true or false, got 1"],
    [{ augmentation: { flip: true } as object }, "an augmentation has the unknown option flip"],
    [{ augmentation: { mirror: "no" } as object }, "mirror must be true or false, got no"],
    [
      { mixing: { kind: "mixup", share: 1, alpha: 1 } as Mixing, classes: 3 },
      "mixing has the unknown option alpha; it has kind, share",
    ],
  ];
  for (const [options, message] of bad) {
    assertThrows(() => new DataLoader(pixelSet(3), options), RangeError, message);
  }
  const undecided = { batchSize: undefined, normalisation: undefined, augmentation: undefined };
  assert.equal(new DataLoader(pixelSet(3), undecided as object).batchSize, 256);
  const loader = new DataLoader(pixelSet(3));
  assertThrows(() => loader.setEpoch(-1), RangeError, "epoch must be an integer from 0, got -1");
});
