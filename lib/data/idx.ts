import { gunzipSync } from "node:zlib";
import { basename, join, resolve } from "node:path";
import { exists } from "../util/files.ts";
import type { Dataset } from "./dataset.ts";
import { holdOut, valShare } from "./holdout.ts";
import { RawSplit } from "./split.ts";
import { elementCount } from "../util/element_count.ts";

/** Names of the files as MNIST and its successors have them, with variations. */
function variants(part: string, kind: string): string[] {
  const rank = kind === "images" ? 3 : 1;
  return ["-", "."].flatMap((dot) =>
    ["", ".gz"].map((gz) => `${part}-${kind}${dot}idx${rank}-ubyte${gz}`)
  );
}

async function find(folder: string, part: string, kind: string): Promise<string | undefined> {
  for (const name of variants(part, kind)) {
    if (await exists(join(folder, name))) return join(folder, name);
  }
}

/** Whether a folder holds MNIST's training images. */
export async function isIdx(folder: string): Promise<boolean> {
  return await find(folder, "train", "images") !== undefined;
}

/**
 * IDX files (MNIST, Fashion-MNIST and their like), plain or gzipped. They have no validation images;
 * a tenth of the training images, at most as many as there are test images, is set aside.
 * @throws Error naming the file that is missing or damaged and how
 */
export async function openIdx(folder: string): Promise<Dataset> {
  const root = resolve(folder);
  const train = await readPart(root, "train");
  const test = await readPart(root, "t10k");
  const classes = train.labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const high = test.labels.findIndex((label) => label >= classes);
  if (high >= 0) {
    throw new Error(
      `${test.labelFile}: label ${test.labels[high]} at ${high} occurs in no training image`,
    );
  }
  const held = holdOut(train.labels, valShare(train.labels.length, test.labels.length));
  return {
    name: basename(root),
    root,
    layout: "idx",
    classes: Array.from({ length: classes }, (_, label) => String(label)),
    synthetic: await exists(join(root, "synthetic.json")),
    splits: {
      train: pick(train, held.train),
      val: pick(train, held.val),
      test: pick(test, Array.from(test.labels, (_, i) => i)),
    },
  };
}

interface Part {
  readonly imageFile: string;
  readonly labelFile: string;
  readonly labels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

async function readPart(root: string, part: string): Promise<Part> {
  const [imageFile, labelFile] = await Promise.all(["images", "labels"].map(async (kind) => {
    const path = await find(root, part, kind);
    if (path === undefined) {
      throw new Error(`${root} lacks ${variants(part, kind)[0]} (or with .gz)`);
    }
    return path;
  })) as [string, string];
  const images = parseIdx(await Deno.readFile(imageFile), imageFile, 3);
  const labels = parseIdx(await Deno.readFile(labelFile), labelFile, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new Error(`${imageFile} has ${count} images, ${labelFile} ${labels.shape[0]} labels`);
  }
  if (count === 0) throw new Error(`${imageFile} holds no image`);
  return { imageFile, labelFile, labels: labels.data, width, height, pixels: images.data };
}

/**
 * Reads an IDX file of bytes: two zero bytes, 8 for the type, the number of dimensions, each
 * dimension as a big-endian 32-bit number, the bytes.
 */
export function parseIdx(
  file: Uint8Array,
  name: string,
  rank: number,
): { readonly shape: number[]; readonly data: Uint8Array } {
  let bytes = file;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = new Uint8Array(gunzipSync(bytes));
    } catch (error) {
      throw new Error(`${name} cannot be unpacked: ${(error as Error).message}`);
    }
  }
  if (bytes.length < 4) throw new Error(`${name} is too short for an IDX header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic !== 0x800 + rank) {
    throw new Error(
      `${name} is no IDX file of bytes with ${rank} dimensions: it starts with 0x${
        magic.toString(16)
      }`,
    );
  }
  if (bytes.length < 4 + 4 * rank) throw new Error(`${name} is too short for an IDX header`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * rank);
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new Error(`${name} should hold ${shape.join("×")} bytes, it holds ${data.length}`);
  }
  return { shape, data };
}

function pick({ imageFile, labels, width, height, pixels }: Part, positions: number[]): RawSplit {
  const length = width * height;
  const data = new Uint8Array(positions.length * length);
  positions.forEach((from, to) => {
    data.set(pixels.subarray(from * length, (from + 1) * length), to * length);
  });
  const own = Int32Array.from(positions, (position) => labels[position]!);
  const size = { width, height, channels: 1 } as const;
  return new RawSplit(basename(imageFile), own, size, data, Int32Array.from(positions));
}
