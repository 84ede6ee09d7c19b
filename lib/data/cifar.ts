import { basename, join, resolve } from "node:path";
import { exists } from "../util/files.ts";
import type { Dataset } from "./dataset.ts";
import { holdOut, valShare } from "./holdout.ts";
import { RawSplit } from "./split.ts";

/** CIFAR's pictures: three planes of 32×32. */
const plane = 32 * 32;

interface Variant {
  readonly train: readonly string[];
  readonly test: string;
  readonly names: string;
  /** Bytes before the planes; the last of them is the label. */
  readonly labelBytes: number;
}

const cifar10: Variant = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: "test_batch.bin",
  names: "batches.meta.txt",
  labelBytes: 1,
};
const cifar100: Variant = {
  train: ["train.bin"],
  test: "test.bin",
  names: "fine_label_names.txt",
  labelBytes: 2,
};

async function variantOf(folder: string): Promise<Variant | undefined> {
  for (const variant of [cifar10, cifar100]) {
    if (await exists(join(folder, variant.test))) return variant;
  }
}

/** Whether a folder holds CIFAR-10's or CIFAR-100's binary files. */
export async function isCifar(folder: string): Promise<boolean> {
  return await variantOf(folder) !== undefined;
}

/**
 * CIFAR-10 and CIFAR-100 (fine labels) in their binary version. They have no validation images; a
 * tenth of the training images is set aside.
 * @throws Error naming the file that is missing or of the wrong size
 */
export async function openCifar(folder: string): Promise<Dataset> {
  const root = resolve(folder);
  const variant = await variantOf(root);
  if (variant === undefined) throw new Error(`${root} holds no CIFAR files`);
  const present: string[] = [];
  for (const name of variant.train) if (await exists(join(root, name))) present.push(name);
  if (present.length === 0) throw new Error(`${root} lacks ${variant.train[0]}`);
  const train = await readFiles(root, present, variant.labelBytes);
  const test = await readFiles(root, [variant.test], variant.labelBytes);
  const classes = train.labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const high = test.labels.findIndex((label) => label >= classes);
  if (high >= 0) {
    throw new Error(
      `${join(root, variant.test)}: label ${test.labels[high]} is in no training image`,
    );
  }
  const held = holdOut(train.labels, valShare(train.labels.length, test.labels.length));
  const own = await exists(join(root, variant.names))
    ? (await Deno.readTextFile(join(root, variant.names))).split("\n").map((n) => n.trim())
      .filter((name) => name !== "")
    : [];
  return {
    name: basename(root),
    root,
    layout: "cifar",
    classes: Array.from({ length: classes }, (_, label) => own[label] ?? String(label)),
    synthetic: await exists(join(root, "synthetic.json")),
    splits: {
      train: pick(train, held.train),
      val: pick(train, held.val),
      test: pick(test, Array.from(test.labels, (_, i) => i)),
    },
  };
}

interface Images {
  readonly file: string;
  readonly labels: Int32Array;
  readonly data: Uint8Array;
}

async function readFiles(root: string, names: string[], labelBytes: number): Promise<Images> {
  const record = labelBytes + 3 * plane;
  const files = await Promise.all(names.map(async (name) => {
    const bytes = await Deno.readFile(join(root, name));
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new Error(
        `${
          join(root, name)
        } has ${bytes.length} bytes, not a multiple of ${record} (label and image)`,
      );
    }
    return bytes;
  }));
  const count = files.reduce((sum, bytes) => sum + bytes.length / record, 0);
  const labels = new Int32Array(count);
  const data = new Uint8Array(count * 3 * plane);
  let at = 0;
  for (const bytes of files) {
    for (let start = 0; start < bytes.length; start += record, at++) {
      labels[at] = bytes[start + labelBytes - 1]!;
      const planes = start + labelBytes;
      for (let p = 0; p < plane; p++) {
        for (let c = 0; c < 3; c++) data[(at * plane + p) * 3 + c] = bytes[planes + c * plane + p]!;
      }
    }
  }
  return { file: names.length === 1 ? names[0]! : "data_batch", labels, data };
}

function pick({ file, labels, data }: Images, positions: number[]): RawSplit {
  const length = 3 * plane;
  const own = new Uint8Array(positions.length * length);
  positions.forEach((from, to) => {
    own.set(data.subarray(from * length, (from + 1) * length), to * length);
  });
  const size = { width: 32, height: 32, channels: 3 } as const;
  const chosen = Int32Array.from(positions, (position) => labels[position]!);
  return new RawSplit(file, chosen, size, own, Int32Array.from(positions));
}
