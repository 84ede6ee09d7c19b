import { basename } from "node:path";
import { classNames } from "./class_names.ts";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import { holdOutTraining } from "./holdout.ts";
import { RawSplit } from "./split.ts";

/** The images of an archive, all of one size, with their labels. */
export interface RawImages {
  /** Name of the archive, for the images' names. */
  readonly file: string;
  readonly labels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** One image after the other, each (height, width, channels), 0–255. */
  readonly pixels: Uint8Array;
}

/** What a data set is made from when its layout is an archive. */
export interface RawParts {
  readonly folder: DataFolder;
  readonly layout: "idx" | "cifar";
  readonly train: RawImages;
  readonly test: RawImages;
  /** The file that the test labels came from, for messages. */
  readonly testLabels: string;
  /** Names of the classes as far as they are known. */
  readonly names: readonly string[];
  readonly onNotice: OnNotice;
}

/**
 * A data set of archives: some of the training images are set aside for validation.
 * @throws {DataError} naming the first test image whose label no training image has
 */
export async function rawDataset(parts: RawParts): Promise<Dataset> {
  const { folder, layout, train, test, testLabels, names, onNotice } = parts;
  const counts = new Array<number>(256).fill(0);
  for (const label of train.labels) counts[label]!++;
  const unknown = test.labels.findIndex((label) => counts[label] === 0);
  if (unknown >= 0) {
    throw new DataError(
      `${testLabels}: label ${test.labels[unknown]} at ${unknown} occurs in no training image`,
    );
  }
  const classes = counts.findLastIndex((count) => count > 0) + 1;
  const empty = counts.findIndex((count) => count === 0);
  if (empty < classes) {
    onNotice(
      `${folder.root}: no training image has label ${empty}, though there are labels up to ` +
        `${classes - 1}; that class stays empty`,
    );
  }
  const held = holdOutTraining(folder.root, train.labels, test.labels.length);
  return {
    name: basename(folder.root),
    root: folder.root,
    layout,
    classes: await classNames(
      folder,
      Array.from({ length: classes }, (_, label) => names[label] ?? String(label)),
    ),
    synthetic: await folder.isSynthetic(),
    splits: {
      train: pick(train, held.train),
      val: pick(train, held.val),
      test: pick(test, Array.from(test.labels, (_, i) => i)),
    },
  };
}

function pick(images: RawImages, positions: number[]): RawSplit {
  const { file, labels, width, height, channels, pixels } = images;
  const length = width * height * channels;
  const own = new Uint8Array(positions.length * length);
  positions.forEach((from, to) => {
    own.set(pixels.subarray(from * length, (from + 1) * length), to * length);
  });
  const chosen = Int32Array.from(positions, (position) => labels[position]!);
  return new RawSplit(file, chosen, { width, height, channels }, own, Int32Array.from(positions));
}
