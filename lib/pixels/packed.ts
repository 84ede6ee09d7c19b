import { createHash } from "node:crypto";
import { writeAtomic } from "../util/files.ts";
import { readFile } from "../util/platform.ts";
import type { SetAsideImage } from "./bad_image.ts";
import type { PixelSet } from "./pixels.ts";

/** All images of a split in one array: `pixels` is (length, channels, height, width). */
export class PackedPixels implements PixelSet {
  readonly length: number;

  /**
   * @param setAside images of the split that are not among these
   * @throws {RangeError} when the number of pixels is not that of the labels
   */
  constructor(
    readonly pixels: Uint8Array,
    readonly labels: Int32Array,
    readonly channels: number,
    readonly height: number,
    readonly width: number,
    readonly key: string,
    readonly setAside: readonly SetAsideImage[] = [],
  ) {
    this.length = labels.length;
    if (pixels.length !== labels.length * channels * height * width) {
      throw new RangeError(
        `${pixels.length} pixels are not ${labels.length} images of ` +
          `${channels}×${height}×${width}`,
      );
    }
  }

  /** A view of one image, (channels, height, width). */
  get(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`there is no image ${index}: the set has ${this.length}, from 0`);
    }
    const size = this.channels * this.height * this.width;
    return this.pixels.subarray(index * size, (index + 1) * size);
  }
}

/**
 * Version of the file's format and of the preprocessing behind it: raise it whenever the same image
 * and options come to give other pixels, and older files are no longer used.
 */
export const packedVersion = 1;

const magic = `lenet pixels ${packedVersion}\n`;

interface Header {
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly key: string;
  /** SHA-256 of labels and pixels, and of what was set aside. */
  readonly checksum: string;
  /** Present if there are any. */
  readonly setAside?: readonly SetAsideImage[];
}

/**
 * Writes a set whole or not at all: a line with magic and version, a line with the header as JSON,
 * the labels (int32, little-endian), the pixels.
 */
export async function writePacked(path: string, set: PackedPixels): Promise<void> {
  const { length: count, channels, height, width, key, pixels } = set;
  const labels = new Uint8Array(set.labels.slice().buffer);
  const checksum = digest(labels, pixels, ...asideBytes(set.setAside));
  const aside = set.setAside.length > 0 ? { setAside: set.setAside } : {};
  const header: Header = { count, channels, height, width, key, checksum, ...aside };
  const head = new TextEncoder().encode(`${magic}${JSON.stringify(header)}\n`);
  const file = new Uint8Array(head.length + labels.length + pixels.length);
  file.set(head);
  file.set(labels, head.length);
  file.set(pixels, head.length + labels.length);
  await writeAtomic(path, file);
}

/**
 * Reads a set that `writePacked` wrote.
 * @throws {Error} saying what is wrong with the file, when it is cut short or altered
 */
export async function readPacked(path: string, key: string): Promise<PackedPixels> {
  const file = await readFile(path);
  const start = new TextDecoder().decode(file.subarray(0, magic.length));
  if (start !== magic) throw new Error("it does not start as a file of packed pixels");
  const end = file.indexOf("\n".charCodeAt(0), magic.length);
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(magic.length, end)));
  } catch {
    throw new Error("its header cannot be read");
  }
  if (header.key !== key) throw new Error("its header names other images");
  const labelsEnd = end + 1 + header.count * 4;
  const labels = file.slice(end + 1, labelsEnd), pixels = file.subarray(labelsEnd);
  if (digest(labels, pixels, ...asideBytes(header.setAside ?? [])) !== header.checksum) {
    throw new Error("its checksum does not match: it is cut short or altered");
  }
  const { channels, height, width, setAside } = header;
  const labelled = new Int32Array(labels.buffer);
  return new PackedPixels(pixels, labelled, channels, height, width, key, setAside);
}

function asideBytes(setAside: readonly SetAsideImage[]): Uint8Array[] {
  return setAside.length > 0 ? [new TextEncoder().encode(JSON.stringify(setAside))] : [];
}

function digest(...parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
