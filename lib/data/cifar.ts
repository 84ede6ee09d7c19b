import { join } from "node:path";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import { rawDataset, type RawImages } from "./raw_images.ts";
import { readBytes } from "./read_file.ts";

/** CIFAR's pictures: three planes of 32×32. */
const plane = 32 * 32;

interface Variant {
  readonly name: string;
  readonly classes: number;
  readonly train: readonly string[];
  readonly test: string;
  readonly names: string;
  /** Bytes before the planes; the last of them is the label. */
  readonly labelBytes: number;
}

const variants: readonly Variant[] = [
  {
    name: "CIFAR-10",
    classes: 10,
    train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
    test: "test_batch.bin",
    names: "batches.meta.txt",
    labelBytes: 1,
  },
  {
    name: "CIFAR-100",
    classes: 100,
    train: ["train.bin"],
    test: "test.bin",
    names: "fine_label_names.txt",
    labelBytes: 2,
  },
];

async function variantOf(folder: DataFolder): Promise<Variant | undefined> {
  for (const variant of variants) if (await folder.hasFile(variant.test)) return variant;
}

/** Whether a folder holds CIFAR-10's or CIFAR-100's binary files. */
export async function isCifar(folder: DataFolder): Promise<boolean> {
  return await variantOf(folder) !== undefined;
}

/**
 * CIFAR-10 and CIFAR-100 (fine labels) in their binary version. They have no validation images; a
 * tenth of the training images is set aside. Missing batches and names are told to `onNotice`.
 * @throws {DataError} naming the file that is missing or of the wrong size, or the record whose
 * label is too high
 */
export async function openCifar(folder: DataFolder, onNotice: OnNotice): Promise<Dataset> {
  const { root } = folder;
  const variant = await variantOf(folder);
  if (variant === undefined) throw new DataError(`${root} holds no CIFAR files`);
  const present: string[] = [], missing: string[] = [];
  for (const name of variant.train) (await folder.hasFile(name) ? present : missing).push(name);
  if (present.length === 0) throw new DataError(`${root} lacks ${variant.train[0]}`);
  if (missing.length > 0) onNotice(`${root} lacks ${missing.join(", ")}; the others are read`);
  const train = await readFiles(root, present, variant);
  const test = await readFiles(root, [variant.test], variant);
  let names: string[] = [];
  if (await folder.hasFile(variant.names)) {
    names = (await folder.lines(variant.names)).map((name) => name.trim())
      .filter((name) => name !== "");
    if (names.length > variant.classes) {
      throw new DataError(
        `${join(root, variant.names)} names ${names.length} classes; ${variant.name} has ` +
          `${variant.classes}`,
      );
    }
  }
  const testLabels = join(root, variant.test);
  return await rawDataset({ folder, layout: "cifar", train, test, testLabels, names, onNotice });
}

async function readFiles(
  root: string,
  names: readonly string[],
  { name: variant, classes, labelBytes }: Variant,
): Promise<RawImages> {
  const record = labelBytes + 3 * plane;
  const files: Uint8Array[] = [];
  for (const name of names) {
    const path = join(root, name);
    files.push(
      await readBytes(path, (bytes) => {
        if (bytes > 0 && bytes % record === 0) return;
        throw new DataError(
          `${path} has ${bytes} bytes, not a multiple of ${record} (label and image)`,
        );
      }),
    );
  }
  const count = files.reduce((sum, bytes) => sum + bytes.length / record, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * 3 * plane);
  let at = 0;
  files.forEach((bytes, f) => {
    for (let start = 0; start < bytes.length; start += record, at++) {
      const label = labels[at] = bytes[start + labelBytes - 1]!;
      if (label >= classes) {
        throw new DataError(
          `${join(root, names[f]!)}: image ${start / record} has label ${label}; ${variant}'s ` +
            `labels go from 0 to ${classes - 1}`,
        );
      }
      const planes = start + labelBytes;
      for (let p = 0; p < plane; p++) {
        for (let c = 0; c < 3; c++) {
          pixels[(at * plane + p) * 3 + c] = bytes[planes + c * plane + p]!;
        }
      }
    }
  });
  const file = names.length === 1 ? names[0]! : "data_batch";
  return { file, labels, width: 32, height: 32, channels: 3, pixels };
}
