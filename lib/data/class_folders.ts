import { basename } from "node:path";
import { Rng } from "../util/rng.ts";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset, SplitName } from "./dataset.ts";
import { type Found, imageName, noteSimilarNames, readTree } from "./folders.ts";
import { FileSplit } from "./split.ts";
import { checkSplit, type SplitOptions } from "./split_options.ts";

/** Folders of another layout, which has splits. Where one of them stands, nothing is split here. */
const splitFolders = ["train", "val", "valid", "validation", "test"];

/** Whether a folder holds at least two folders with images, none of them named like a split. */
export async function isClassFolders(folder: DataFolder): Promise<boolean> {
  let classes = 0;
  for (const [name, { kind }] of await folder.list(".")) {
    if (kind !== "folder") continue;
    if (splitFolders.includes(name)) return false;
    for (const [file, { kind }] of await folder.list(name)) {
      if (kind === "folder" || !imageName.test(file)) continue;
      classes++;
      break;
    }
  }
  return classes >= 2;
}

/**
 * A folder tree `class/image` without splits: they are drawn here, with a seed, of each class the same
 * shares, and `onNotice` is told how. Which images are drawn depends on the seed and on the names of the
 * class and of its images, so that it is the same on every machine, and another class changes nothing.
 * @throws {DataError} naming a class with too few images, or as `openFolders` does
 */
export async function openClassFolders(
  folder: DataFolder,
  onNotice: OnNotice,
  options: SplitOptions = {},
): Promise<Dataset> {
  const split = checkSplit(options), { root } = folder;
  const found = await readTree(folder, ".", onNotice);
  const classes = [...new Set(found.map(({ name }) => name))].sort();
  noteSimilarNames(classes, root, onNotice);
  const parts: Record<SplitName, { paths: string[]; labels: number[] }> = {
    train: { paths: [], labels: [] },
    val: { paths: [], labels: [] },
    test: { paths: [], labels: [] },
  };
  classes.forEach((name, label) => {
    const own = found.filter((image) => image.name === name);
    for (const [part, images] of Object.entries(drawn(own, split, root))) {
      for (const { path } of images) {
        parts[part as SplitName].paths.push(path);
        parts[part as SplitName].labels.push(label);
      }
    }
  });
  const of = ({ paths, labels }: typeof parts.train) => new FileSplit(root, paths, labels);
  const splits = { train: of(parts.train), val: of(parts.val), test: of(parts.test) };
  const { train, val, test } = splits;
  const [valShare, testShare] = [percent(split.val), percent(split.test)];
  onNotice(
    `${root} has no folders train and test, so its ${found.length} images of ${classes.length} classes ` +
      `are split here: ${train.length} train, ${val.length} val (${valShare} of each class), ` +
      `${test.length} test (${testShare}), with seed ${split.seed}; LENET_SPLIT, or the option ` +
      "split, changes that",
  );
  return {
    name: basename(root),
    root,
    layout: "class folders",
    classes,
    splits,
    synthetic: await folder.isSynthetic(),
  };
}

/** The three parts of one class, each in the order of the images' names. */
function drawn(
  images: readonly Found[],
  { val, test, seed }: Required<SplitOptions>,
  root: string,
): Record<SplitName, Found[]> {
  const { name } = images[0]!, count = images.length;
  const [vals, tests] = [val, test].map((share) => Math.max(1, Math.round(share * count)));
  if (vals! + tests! >= count) {
    throw new DataError(
      `${root}/${name} has too few images for a split, ${count}: ${vals} for val and ${tests} for test ` +
        "leave none to train on",
    );
  }
  const order = new Rng(seed).fork(`split ${name}`).permutation(count);
  const part = (from: number, to?: number) =>
    Array.from(order.subarray(from, to)).sort((a, b) => a - b).map((at) => images[at]!);
  return {
    train: part(vals! + tests!),
    val: part(0, vals),
    test: part(vals!, vals! + tests!),
  };
}

const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
