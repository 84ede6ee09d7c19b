import { createHash } from "node:crypto";
import type { ImageSource, Split } from "../data/dataset.ts";
import { BadImage, type SetAsideImage } from "./bad_image.ts";
import { decoderVersion } from "./decode.ts";
import { defaultImageLimits } from "./image_limits.ts";
import { packedVersion } from "./packed.ts";
import type { PreprocessOptions } from "./preprocess.ts";
import { checkImageFile, statImageFile } from "./read_image.ts";

/** Bytes of a SHA-256 digest. */
export const digestLength = 32;

/**
 * Milliseconds by which the time that a kernel gives a changed file may lag behind the clock: file
 * systems take it from the last timer tick, up to 10 ms ago, and a busy machine's tick may be late.
 */
const FILE_CLOCK_LAG = 100;

function startHash(options: PreprocessOptions, count: number) {
  const { width, height, filter, framing, colour, decoder, maxPixels, maxFileBytes } = options;
  const usual = maxPixels === defaultImageLimits.maxPixels &&
    maxFileBytes === defaultImageLimits.maxFileBytes;
  const parts = [packedVersion, decoderVersion, width, height, filter, colour, decoder, count];
  if (framing !== "squash") parts.push(framing);
  const text = JSON.stringify(usual ? parts : [...parts, maxPixels, maxFileBytes]);
  return createHash("sha256").update(text);
}

function bytesOf(labels: Int32Array): Uint8Array {
  return new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
}

/** SHA-256 of what an image is made of: its file's bytes, or its size and raw pixels. */
export function digestImage(source: ImageSource, bytes: Uint8Array): Uint8Array {
  const hash = createHash("sha256");
  if (source.kind === "raw") hash.update(`${source.width} ${source.height} ${source.channels} `);
  return hash.update(bytes).digest();
}

/**
 * Hex key of a split's pixels: of every image's content, in order, its label, the options and the
 * version of the preprocessing. Names and places of the files do not count.
 *
 * @param digests `digestImage` of the images, one after the other
 */
export function contentKey(
  digests: Uint8Array,
  labels: Int32Array,
  options: PreprocessOptions,
): string {
  return startHash(options, labels.length).update(digests).update(bytesOf(labels)).digest("hex");
}

/** How a split's files look without being read. */
export interface SplitLook {
  /**
   * Hex key of paths, sizes, times of change, names, labels and options. The time of the inode's change
   * is among them, which no program can set back. Of raw images, which are in memory, the content counts.
   *
   * Undefined when a file was changed within this second, as its file system sees it: Deno knows the
   * inode's time to the second only, so that another change now would not show.
   */
  readonly stamp: string | undefined;
  /** Images that are missing, empty, too large or no files at all. */
  readonly bad: readonly SetAsideImage[];
}

/** Looks at all files of a split without reading them. */
export function lookAtSplit(split: Split, options: PreprocessOptions): SplitLook {
  const second = Math.floor((Date.now() - FILE_CLOCK_LAG) / 1000);
  const hash = startHash(options, split.length);
  const bad: SetAsideImage[] = [];
  let newest = 0;
  for (let i = 0; i < split.length; i++) {
    const source = split.image(i), name = split.name(i);
    hash.update(`\n${name}\0${split.labels[i]}\0`);
    if (source.kind === "raw") {
      hash.update(digestImage(source, source.data));
      continue;
    }
    const { path } = source;
    hash.update(`${path}\0`);
    try {
      const facts = statImageFile(path, name);
      const { modified, changed } = facts;
      hash.update(`${facts.size}\0${modified}\0${changed}`);
      newest = Math.max(newest, changed);
      checkImageFile(facts, path, name, options.maxFileBytes);
    } catch (error) {
      if (!(error instanceof BadImage)) throw error;
      hash.update(`\0${error.reason}`);
      bad.push({ index: i, name, reason: error.reason });
    }
  }
  return { stamp: Math.floor(newest / 1000) < second ? hash.digest("hex") : undefined, bad };
}
