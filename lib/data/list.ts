import { basename, dirname, join } from "node:path";
import { classNames } from "./class_names.ts";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset, Split, SplitName } from "./dataset.ts";
import { checkRepeated, type Entry, type Lists } from "./repeated_images.ts";
import { FileSplit } from "./split.ts";

const splitNames: readonly SplitName[] = ["train", "val", "test"];

/** The list files that a folder lacks; a data set of lists lacks none. */
export async function missingLists(folder: DataFolder): Promise<string[]> {
  const missing: string[] = [];
  for (const split of splitNames) {
    const { kind } = await folder.find(`${split}.txt`);
    if (kind === "missing" || kind === "folder") missing.push(`${split}.txt`);
  }
  return missing;
}

/**
 * The paper's layout: `train.txt`, `val.txt` and `test.txt` with a line `relative/path label` for
 * each image. The label is what follows the last blank, so paths may hold blanks; labels count from
 * 0. Names of the classes come from `classes.txt` (`label folder name`) if there is one, else from
 * the folders of the images.
 *
 * Images that are listed twice are told to `onNotice`.
 *
 * @throws {DataError} naming file and line of: a label that is no whole number or that no training
 * image has; an image that is missing, no regular file or outside of the folder; an image with two
 * labels; text that is not UTF-8
 */
export async function openList(folder: DataFolder, onNotice: OnNotice): Promise<Dataset> {
  const { root } = folder;
  const lists: Lists = {
    train: await readList(folder, "train"),
    val: await readList(folder, "val"),
    test: await readList(folder, "test"),
  };
  const real = await checkImages(folder, lists);
  const classes = checkClasses(root, lists);
  checkRepeated(folder, lists, real, onNotice);
  const folders = new Array<string>(classes);
  for (const { path, label } of lists.train) folders[label] ??= basename(dirname(path));
  const split = (name: SplitName): Split =>
    new FileSplit(root, lists[name].map(({ path }) => path), lists[name].map((e) => e.label));
  return {
    name: basename(root),
    root,
    layout: "list",
    classes: await classNames(folder, folders),
    synthetic: await folder.isSynthetic(),
    splits: { train: split("train"), val: split("val"), test: split("test") },
  };
}

async function readList(folder: DataFolder, split: SplitName): Promise<Entry[]> {
  const name = `${split}.txt`, file = join(folder.root, name);
  const entries: Entry[] = [];
  (await folder.lines(name)).forEach((text, index) => {
    const line = text.trim();
    if (line === "") return;
    const found = line.match(/^(.*\S)\s+(\d+)$/);
    const label = Number(found?.[2]);
    if (found === null || !Number.isSafeInteger(label)) {
      const shown = line.length > 100 ? `${line.slice(0, 100)}…` : line;
      throw new DataError(
        `${file}:${index + 1}: expected "path label" with a label of 0 or more, got "${shown}"`,
      );
    }
    entries.push({ path: found[1]!, label, line: index + 1 });
  });
  if (entries.length === 0) throw new DataError(`${file} lists no image`);
  return entries;
}

/**
 * Every listed image must be a file in the folder.
 * @returns the path without links of each image whose listed path is another one
 */
async function checkImages(folder: DataFolder, lists: Lists): Promise<Map<string, string>> {
  const { root } = folder;
  const real = new Map<string, string>();
  for (const split of splitNames) {
    const file = join(root, `${split}.txt`), entries = lists[split];
    let missing: Entry | undefined, count = 0;
    for (const entry of entries) {
      const { path, line } = entry;
      const found = await folder.find(path);
      if (found.kind === "refused") {
        throw new DataError(`${file}:${line}: the image ${path} is not read: ${found.reason}`);
      }
      if (found.kind === "folder") {
        throw new DataError(`${file}:${line}: ${path} is a folder, not an image`);
      }
      if (found.kind === "missing") {
        missing ??= entry;
        count++;
      } else if (found.real !== join(folder.real, path)) real.set(path, found.real);
    }
    if (missing !== undefined) {
      throw new DataError(
        `${file}:${missing.line}: there is no image ${missing.path} (${count} of ` +
          `${entries.length} are missing); paths are relative to ${root}`,
      );
    }
  }
  return real;
}

/** Number of classes; each must have a training image. */
function checkClasses(root: string, lists: Lists): number {
  const trained = new Set(lists.train.map(({ label }) => label));
  for (const split of splitNames) {
    for (const { label, line } of lists[split]) {
      if (!trained.has(label)) {
        throw new DataError(
          `${join(root, `${split}.txt`)}:${line}: label ${label} has no image in train.txt`,
        );
      }
    }
  }
  const classes = lists.train.reduce((most, { label }) => Math.max(most, label), 0) + 1;
  for (let label = 0; label < classes; label++) {
    if (!trained.has(label)) {
      const { line } = lists.train.find((entry) => entry.label > label)!;
      throw new DataError(
        `${join(root, "train.txt")}:${line}: there are labels up to ${classes - 1} but no image ` +
          `with label ${label}; labels must be 0, 1, 2, …`,
      );
    }
  }
  return classes;
}
