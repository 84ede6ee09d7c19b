import { elementCount } from "../util/element_count.ts";
import { basename, join } from "node:path";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import { rawDataset, type RawImages } from "./raw_images.ts";
import { readBytes, unpack } from "./read_file.ts";

/** Names of the files as MNIST and its successors have them, with variations. */
function variants(part: string, kind: string): string[] {
  const rank = kind === "images" ? 3 : 1;
  return ["-", "."].flatMap((dot) =>
    ["", ".gz"].map((gz) => `${part}-${kind}${dot}idx${rank}-ubyte${gz}`)
  );
}

async function find(folder: DataFolder, part: string, kind: string): Promise<string | undefined> {
  for (const name of variants(part, kind)) {
    if (await folder.hasFile(name)) return join(folder.root, name);
  }
}

/** Whether a folder holds MNIST's training images. */
export async function isIdx(folder: DataFolder): Promise<boolean> {
  return await find(folder, "train", "images") !== undefined;
}

/**
 * IDX files (MNIST, Fashion-MNIST and their like), plain or gzipped. They have no validation images;
 * a tenth of the training images, at most as many as there are test images, is set aside.
 * @throws {DataError} naming the file that is missing or damaged and how
 */
export async function openIdx(folder: DataFolder, onNotice: OnNotice): Promise<Dataset> {
  const train = await readPart(folder, "train");
  const test = await readPart(folder, "t10k");
  if (train.width !== test.width || train.height !== test.height) {
    throw new DataError(
      `${folder.root}: the training images are ${train.height}×${train.width} pixels, the test ` +
        `images ${test.height}×${test.width}`,
    );
  }
  const { labelFile: testLabels } = test;
  return await rawDataset({ folder, layout: "idx", train, test, testLabels, names: [], onNotice });
}

interface Part extends RawImages {
  readonly labelFile: string;
}

async function readPart(folder: DataFolder, part: string): Promise<Part> {
  const [imageFile, labelFile] = await Promise.all(["images", "labels"].map(async (kind) => {
    const path = await find(folder, part, kind);
    if (path === undefined) {
      throw new DataError(`${folder.root} lacks ${variants(part, kind)[0]} (or with .gz)`);
    }
    return path;
  })) as [string, string];
  const images = parseIdx(await readBytes(imageFile), imageFile, 3);
  const labels = parseIdx(await readBytes(labelFile), labelFile, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new DataError(`${imageFile} has ${count} images, ${labelFile} ${labels.shape[0]} labels`);
  }
  if (count === 0) throw new DataError(`${imageFile} holds no image`);
  if (height === 0 || width === 0) {
    throw new DataError(`${imageFile} has images of ${height}×${width} pixels`);
  }
  const file = basename(imageFile);
  return { file, labelFile, labels: labels.data, width, height, channels: 1, pixels: images.data };
}

/**
 * Reads an IDX file of bytes: two zero bytes, 8 for the type, the number of dimensions, each
 * dimension as a big-endian 32-bit number, the bytes.
 * @param name the file in error messages
 * @returns the data is a view of `file`, or of what `file` holds if it is gzipped
 * @throws {DataError} naming what the header says and what the file holds
 */
export function parseIdx(
  file: Uint8Array,
  name: string,
  rank: number,
): { readonly shape: number[]; readonly data: Uint8Array } {
  const bytes = unpack(file, name);
  if (bytes.length < 4) throw new DataError(`${name} is too short for an IDX header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic !== 0x800 + rank) {
    throw new DataError(
      `${name} is no IDX file of bytes with ${rank} dimensions: ` +
        `it starts with 0x${magic.toString(16)}`,
    );
  }
  if (bytes.length < 4 + 4 * rank) throw new DataError(`${name} is too short for an IDX header`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * rank);
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new DataError(`${name} should hold ${shape.join("×")} bytes, it holds ${data.length}`);
  }
  return { shape, data };
}
