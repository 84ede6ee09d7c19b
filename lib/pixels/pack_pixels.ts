import type { Split } from "../data/dataset.ts";
import type { OnProgress } from "../util/progress.ts";
import { BadImage, BadImages, type SetAsideImage } from "./bad_image.ts";
import { defaultDecodingThreads } from "./decoding_crew.ts";
import { contentKey, lookAtSplit } from "./pixel_cache_key.ts";
import { PackedPixels } from "./packed.ts";
import { PixelCache, type PixelCacheOptions } from "./pixel_cache.ts";
import { type PreprocessOptions, preprocessOptions } from "./preprocess.ts";
import { digestAll, preprocessAll } from "./preprocess_all.ts";

/** How `packPixels` works, with no influence on the pixels of an image. */
export interface PackOptions extends PixelCacheOptions {
  /** Told of images done; at once with the last one when they come from the cache. */
  readonly onProgress?: OnProgress;
  /** Images being read and decoded at once on a thread; 16 by default. */
  readonly concurrency?: number;
  /**
   * Threads that read and decode. By default this thread alone for up to 2,000 images, and for more as
   * many threads as the machine has processors, 8 at most.
   */
  readonly threads?: number;
  /**
   * What becomes of an image that is missing, damaged or too large. "stop", the default: the first one
   * ends the work. "list": all images are tried, then one error names all that are bad. "set aside":
   * bad images are left out and listed in the result.
   */
  readonly badImages?: "stop" | "list" | "set aside";
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
 * @throws {BadImage} naming the first bad image found, if `badImages` is "stop"; nothing is cached then,
 *   and if the file is missing, empty, too large or no file, no image was decoded either
 * @throws {BadImages} naming all bad images if `badImages` is "list", or if no image is left
 */
export async function packPixels(
  split: Split,
  options: Partial<PreprocessOptions> = {},
  pack: PackOptions = {},
): Promise<PackedPixels> {
  const full = preprocessOptions(options);
  const { onProgress, badImages = "stop" } = pack;
  const work = {
    concurrency: pack.concurrency ?? 16,
    threads: pack.threads ?? defaultDecodingThreads(split.length),
    stopAtFirst: badImages === "stop",
  };
  for (const name of ["concurrency", "threads"] as const) {
    if (!Number.isInteger(work[name]) || work[name] < 1) {
      throw new RangeError(`${name} must be an integer from 1, got ${work[name]}`);
    }
  }
  if (!["stop", "list", "set aside"].includes(badImages)) {
    throw new RangeError(
      `badImages must be "stop", "list" or "set aside", got ${String(badImages)}`,
    );
  }
  const look = lookAtSplit(split, full);
  if (work.stopAtFirst) refuse(look.bad, badImages, split.length);
  const cache = new PixelCache(pack, look.stamp);
  const known = await cache.keyOfStamp();
  const hit = known && await cache.read(known);
  if (hit) return await checked(hit);

  // Reading and digesting first pays only if there is something that it may spare.
  if (!known && await cache.holdsPixels()) {
    const digests = await digestAll(split, full, work.concurrency);
    const same = await cache.read(contentKey(digests, split.labels, full));
    if (same) {
      await cache.writeStamp(same.key);
      return await checked(same);
    }
  }

  const { digests, pixels, bad } = await preprocessAll(split, full, work, onProgress);
  refuse(bad, badImages, split.length);
  const key = contentKey(digests, split.labels, full);
  const set = withoutBad(pixels, split.labels, bad, full, key);
  await cache.write(set);
  return set;

  async function checked(set: PackedPixels): Promise<PackedPixels> {
    refuse(set.setAside, badImages, split.length);
    await onProgress?.(split.length, split.length, "from the cache");
    return set;
  }
}

function refuse(
  bad: readonly SetAsideImage[],
  badImages: "stop" | "list" | "set aside",
  total: number,
): void {
  const [first] = bad;
  if (first === undefined) return;
  if (badImages === "stop") throw new BadImage(first.name, first.reason);
  if (badImages === "list" || bad.length === total) throw new BadImages(bad);
}

/** The set of the images that are left. */
function withoutBad(
  pixels: Uint8Array,
  labels: Int32Array,
  bad: readonly SetAsideImage[],
  { colour, height, width }: PreprocessOptions,
  key: string,
): PackedPixels {
  const channels = colour ? 3 : 1, size = channels * height * width;
  const out = new Set(bad.map(({ index }) => index));
  let kept = 0;
  for (let i = 0; i < labels.length; i++) {
    if (out.has(i)) continue;
    if (kept !== i) pixels.copyWithin(kept * size, i * size, (i + 1) * size);
    kept++;
  }
  const rest = out.size ? pixels.slice(0, kept * size) : pixels;
  const own = labels.filter((_, i) => !out.has(i));
  return new PackedPixels(rest, own, channels, height, width, key, bad);
}
