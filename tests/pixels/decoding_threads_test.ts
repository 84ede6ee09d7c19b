import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import { fewImages } from "../few_images.ts";
import type { ImageSource, Split } from "../../lib/data/dataset.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { preprocessOnThreads } from "../../lib/pixels/decoding_threads.ts";
import { digestLength } from "../../lib/pixels/pixel_cache_key.ts";
import { packPixels } from "../../lib/pixels/pack_pixels.ts";
import { preprocessOptions } from "../../lib/pixels/preprocess.ts";

/** A split of some sources, all of label 0. */
function splitOf(sources: readonly ImageSource[]): Split {
  return {
    length: sources.length,
    labels: new Int32Array(sources.length),
    name: (i) => `image ${i}`,
    image: (i) => sources[i]!,
  };
}

Deno.test("any number of threads gives the same pixels, key and progress to the end", async () => {
  const root = await Deno.makeTempDir();
  const { splits } = await openDataset(await fewImages());
  const drawn = Object.values(splits).flatMap((split) =>
    Array.from({ length: split.length }, (_, i) => split.image(i))
  );
  // each image again and again: the threads take 64 at a time, so none of their batches is like another
  const split = splitOf(Array.from({ length: 420 }, (_, i) => drawn[i % drawn.length]!));
  const packs = [];
  for (const threads of [1, 2, 5]) {
    const steps: number[] = [];
    const onProgress = (done: number, total: number) => {
      assert.equal(total, 420);
      steps.push(done);
    };
    const cacheDir = join(root, `cache ${threads}`);
    const set = await packPixels(split, { colour: true }, { threads, onProgress, cacheDir });
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
    assert.equal(steps.at(-1), 420);
    packs.push(set);
  }
  for (const set of packs) {
    assert.equal(set.key, packs[0]!.key);
    assert.deepEqual(set.pixels, packs[0]!.pixels);
  }
  await Deno.remove(root, { recursive: true });
});

Deno.test("images in memory and very large ones are left for the calling thread", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, width: number, height: number): Promise<ImageSource> => {
    const image = sharp({ create: { width, height, channels: 3, background: "#26c" } });
    await Deno.writeFile(join(folder, name), await image.jpeg().toBuffer());
    return { kind: "file", path: join(folder, name) };
  };
  const data = new Uint8Array(12).fill(9);
  const memory = { kind: "raw", width: 4, height: 3, channels: 1, data } as const;
  const small = await write("small.jpg", 30, 20), large = await write("large.jpg", 3000, 3000);
  const split = splitOf([memory, small, large, small, memory]);
  const seen: [number, string][] = [];
  let reported = 0;
  const target = {
    pixels: new Uint8Array(5 * 1024),
    digests: new Uint8Array(5 * digestLength),
    size: 1024,
    refuse: (index: number, reason: string) => void seen.push([index, reason]),
    report: (images: number) => Promise.resolve(void (reported += images)),
  };
  const work = { threads: 2, stopAtFirst: false };
  const left = await preprocessOnThreads(split, preprocessOptions(), work, target);
  assert.deepEqual([left, seen, reported], [[0, 2, 4], [], 2]);

  // a limit of the caller's own is kept
  const options = preprocessOptions({ maxPixels: 500 });
  const none = await preprocessOnThreads(split, options, work, target);
  assert.deepEqual(none, [0, 1, 2, 3, 4]);

  const set = await packPixels(split, {}, { threads: 2, cacheDir: join(folder, "cache") });
  assert.deepEqual(set.get(1), set.get(3));
  // the blue of the large one is the blue of the small one, to a level of the JPEG
  assert(set.get(2).every((level, i) => Math.abs(level - set.get(1)[i]!) <= 2));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an error that is no fault of an image ends the work with its message", async () => {
  const split = splitOf([{ kind: "file", path: "nowhere.jpg" }]);
  const target = {
    pixels: new Uint8Array(1024),
    digests: new Uint8Array(digestLength),
    size: 1024,
    refuse: () => assert.fail("no image was looked at"),
    report: () => Promise.resolve(),
  };
  const impossible = { ...preprocessOptions(), width: -1 };
  await assertRejects(
    () => preprocessOnThreads(split, impossible, { threads: 2, stopAtFirst: false }, target),
    Error,
    "Invalid typed array length",
  );
});
