import { createHash } from "node:crypto";
import { type Stats, statSync } from "node:fs";
import type { ImageSource, Split } from "../data/dataset.ts";
import { decoderVersion } from "./decode.ts";
import { packedVersion } from "./packed.ts";
import type { PreprocessOptions } from "./preprocess.ts";

/** Bytes of a SHA-256 digest. */
export const digestLength = 32;

/**
 * Milliseconds by which the time that a kernel gives a changed file may lag behind the clock: file
 * systems take it from the last timer tick, up to 10 ms ago, and a busy machine's tick may be late.
 */
const FILE_CLOCK_LAG = 100;

function startHash(
  { width, height, filter, colour, decoder }: PreprocessOptions,
  count: number,
) {
  const options = JSON.stringify(
    [packedVersion, decoderVersion, width, height, filter, colour, decoder, count],
  );
  return createHash("sha256").update(options);
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

/**
 * Hex key of how a split looks without reading its files: path, size and times of change, names,
 * labels, options. The time of the inode's change is among them, which no program can set back.
 * Raw images are in memory, so it is their content that counts.
 *
 * @returns undefined when a file was changed within this second, as its file system sees it: Deno
 *   knows the inode's time to the second only, so that another change now would not show
 * @throws {Error} naming the image whose file is missing
 */
export function stampKey(split: Split, options: PreprocessOptions): string | undefined {
  const second = Math.floor((Date.now() - FILE_CLOCK_LAG) / 1000);
  const hash = startHash(options, split.length);
  let newest = 0;
  for (let i = 0; i < split.length; i++) {
    const source = split.image(i);
    hash.update(`\n${split.name(i)}\0${split.labels[i]}\0`);
    if (source.kind === "raw") {
      hash.update(digestImage(source, source.data));
      continue;
    }
    const { size, mtimeMs, ctimeMs } = stat(source.path, split.name(i));
    hash.update(`${source.path}\0${size}\0${mtimeMs}\0${ctimeMs}`);
    newest = Math.max(newest, ctimeMs);
  }
  return Math.floor(newest / 1000) < second ? hash.digest("hex") : undefined;
}

function stat(path: string, name: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(
      `${name}: there is no such file; unpack the data set again or take the image out of its ` +
        `list (${path})`,
      { cause: error },
    );
  }
}
