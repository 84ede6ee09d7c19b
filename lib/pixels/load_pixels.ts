import type { Dataset, Split, SplitName } from "../data/dataset.ts";
import { exists, projectRoot, sha256, writeAtomic } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { contentKey, digestImage, digestLength, stampKey } from "./fingerprint.ts";
import { PackedPixels, readPacked, writePacked } from "./packed.ts";
import type { PixelSet } from "./pixels.ts";
import {
  preprocessBytes,
  type PreprocessOptions,
  preprocessOptions,
  readSource,
} from "./preprocess.ts";

/** How `packPixels` works, with no influence on the pixels. */
export interface PackOptions {
  /** Told of images done; at once with the last one when they come from the cache. */
  readonly onProgress?: OnProgress;
  /** Told of a damaged cache file and of a folder that cannot be written; warns by default. */
  readonly onNotice?: (message: string) => void;
  /** Folder of the cache, by default `.cache/pixels` in the project. */
  readonly cacheDir?: string;
  /** Images being read and decoded at once; 16 by default. */
  readonly concurrency?: number;
}

/**
 * Preprocesses all images of a split side by side, and keeps the result in a cache on disk.
 *
 * The cache has two levels. `<stamp>.stamp` leads from how the files look (path, size, times) to the
 * key of their content; `<key>.pixels` holds the pixels. As long as no file looks changed none is
 * read. If one does, all are read and digested, but decoded only if their content is new. (Of files
 * changed a moment ago there is no stamp; they are read once more the next time.)
 *
 * @throws {RangeError} naming the option that has no sensible value
 * @throws {Error} naming the first image found missing, damaged or no image; nothing is cached then
 */
export async function packPixels(
  split: Split,
  options: Partial<PreprocessOptions> = {},
  pack: PackOptions = {},
): Promise<PixelSet> {
  const full = preprocessOptions(options);
  const { onProgress, onNotice = console.warn, concurrency = 16 } = pack;
  const folder = pack.cacheDir ?? `${projectRoot}.cache/pixels`;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be an integer from 1, got ${concurrency}`);
  }
  const stamp = stampKey(split, full);
  const stampPath = stamp && `${folder}/${stamp}.stamp`;
  const pixelsPath = (key: string) => `${folder}/${key}.pixels`;
  const cached = async (key: string): Promise<PixelSet | undefined> => {
    const path = pixelsPath(key);
    if (!await exists(path)) return;
    try {
      const set = await readPacked(path, key);
      await onProgress?.(split.length, split.length, "from the cache");
      return set;
    } catch (error) {
      onNotice(`${path} is made anew: ${(error as Error).message}`);
    }
  };
  const store = async (write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      onNotice(`the pixels are not kept for next time: ${(error as Error).message} (${folder})`);
    }
  };

  const known = stampPath && await readStamp(stampPath);
  const hit = known && await cached(known);
  if (hit) return hit;

  // Reading and digesting first pays only if there is something that it may spare.
  if (!known && await holdsPixels(folder)) {
    const key = contentKey(await digestAll(split, concurrency), split.labels, full);
    const same = await cached(key);
    if (same) {
      if (stampPath) await store(() => writeAtomic(stampPath, key));
      return same;
    }
  }

  const set = await preprocessAll(split, full, concurrency, onProgress);
  await store(async () => {
    await writePacked(pixelsPath(set.key), set);
    if (stampPath) await writeAtomic(stampPath, set.key);
  });
  return set;
}

/** The three parts of a data set, preprocessed. */
export interface DatasetPixels extends Readonly<Record<SplitName, PixelSet>> {
  /** Name of each class, by label. */
  readonly classes: readonly string[];
  /** Hex digest of the three parts' keys and of the classes' names. */
  readonly key: string;
}

/** `packPixels` of the three parts of a data set; progress counts the images of all three. */
export async function loadPixels(
  dataset: Dataset,
  options: Partial<PreprocessOptions> = {},
  pack: PackOptions = {},
): Promise<DatasetPixels> {
  const { splits, classes } = dataset;
  const total = splits.train.length + splits.val.length + splits.test.length;
  let before = 0;
  const load = async (name: SplitName): Promise<PixelSet> => {
    const { onProgress } = pack, start = before;
    const set = await packPixels(splits[name], options, {
      ...pack,
      ...(onProgress && {
        onProgress: (done, _, note) => onProgress(start + done, total, `${name} ${note ?? ""}`),
      }),
    });
    before += set.length;
    return set;
  };
  const train = await load("train"), val = await load("val"), test = await load("test");
  const key = await sha256(JSON.stringify([train.key, val.key, test.key, classes]));
  return { train, val, test, classes, key };
}

async function readStamp(path: string): Promise<string | undefined> {
  if (!await exists(path)) return;
  const key = await Deno.readTextFile(path);
  return /^[0-9a-f]{64}$/.test(key) ? key : undefined;
}

async function holdsPixels(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".pixels")) return true;
  } catch { // no folder yet, or none that can be read: writing will tell
  }
  return false;
}

async function digestAll(split: Split, concurrency: number): Promise<Uint8Array> {
  const digests = new Uint8Array(split.length * digestLength);
  await forEachImage(split.length, concurrency, async (i) => {
    const source = split.image(i);
    digests.set(digestImage(source, await readSource(source, split.name(i))), i * digestLength);
  });
  return digests;
}

/** Digests come from the very bytes that are decoded, so that the key fits the pixels. */
async function preprocessAll(
  split: Split,
  options: PreprocessOptions,
  concurrency: number,
  onProgress: OnProgress | undefined,
): Promise<PixelSet> {
  const { length } = split, { width, height } = options;
  const channels = options.colour ? 3 : 1, size = channels * width * height;
  const labels = split.labels.slice();
  const digests = new Uint8Array(length * digestLength);
  const pixels = new Uint8Array(length * size);
  const step = Math.max(1, Math.ceil(length / 200));
  let done = 0;
  await forEachImage(length, concurrency, async (i) => {
    const source = split.image(i), name = split.name(i);
    const bytes = await readSource(source, name);
    digests.set(digestImage(source, bytes), i * digestLength);
    pixels.set(await preprocessBytes(bytes, source, options, name), i * size);
    if (++done % step === 0 || done === length) await onProgress?.(done, length, "preprocessing");
  });
  const key = contentKey(digests, labels, options);
  return new PackedPixels(pixels, labels, channels, height, width, key);
}

/** Calls `work` for 0 … length − 1, `concurrency` at a time; the first failure stops the rest. */
async function forEachImage(
  length: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const crew = Array.from({ length: Math.min(concurrency, length) }, async () => {
    while (next < length) {
      const index = next++;
      try {
        await work(index);
      } catch (error) {
        next = length;
        throw error;
      }
    }
  });
  await Promise.allSettled(crew); // nothing goes on reading after a failure
  await Promise.all(crew);
}
