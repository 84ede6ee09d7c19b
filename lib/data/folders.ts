import { basename, extname, join } from "node:path";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import { holdOutTraining } from "./holdout.ts";
import { FileSplit } from "./split.ts";

const valNames = ["val", "valid", "validation"];
/** Names of files that are read as images. */
export const imageName = /\.(jpe?g|png|webp|gif|tiff?)$/i;

/** Which of the folders `train` and `test` are missing. */
export async function missingFolders(folder: DataFolder): Promise<string[]> {
  const missing: string[] = [];
  for (const split of ["train", "test"]) {
    if ((await folder.find(split)).kind !== "folder") missing.push(split);
  }
  return missing;
}

/**
 * A folder tree `split/class/image`, with splits train, val (or valid, validation) and test. Classes
 * are numbered in the order of their folders' names. Without val a tenth of train is set aside. What
 * is left out, because it is no image or lies too deep, is told to `onNotice`.
 * @throws {DataError} naming a folder that is empty, a class that train lacks, two folders of
 * validation images, or a link that leads out of the data folder
 */
export async function openFolders(folder: DataFolder, onNotice: OnNotice): Promise<Dataset> {
  const { root } = folder;
  const train = await readTree(folder, "train", onNotice);
  const test = await readTree(folder, "test", onNotice);
  const classes = [...new Set(train.map(({ name }) => name))].sort();
  noteSimilarNames(classes, root, onNotice);
  const tested = new Set(test.map(({ name }) => name));
  const untested = classes.filter((name) => !tested.has(name));
  if (untested.length > 0) onNotice(`${root}/test has no image of ${untested.join(", ")}`);
  const there: string[] = [];
  for (const name of valNames) if ((await folder.find(name)).kind === "folder") there.push(name);
  if (there.length > 1) {
    throw new DataError(
      `${root} holds the folders ${there.join(" and ")}; only one can be the validation images`,
    );
  }
  const val = there[0] && await readTree(folder, there[0], onNotice);
  const labelled = (found: readonly Found[]) =>
    found.map(({ path, name }) => {
      const label = classes.indexOf(name);
      if (label < 0) {
        throw new DataError(`${join(root, path)} is of class ${name}, which ${root}/train lacks`);
      }
      return { path, label };
    });
  const split = (list: readonly Labelled[]) =>
    new FileSplit(root, list.map(({ path }) => path), list.map(({ label }) => label));
  const all = labelled(train);
  let parts = { train: all, val: labelled(val || []) };
  if (!val) {
    const held = holdOutTraining(root, all.map(({ label }) => label), test.length);
    parts = { train: held.train.map((i) => all[i]!), val: held.val.map((i) => all[i]!) };
  }
  return {
    name: basename(root),
    root,
    layout: "folders",
    classes,
    synthetic: await folder.isSynthetic(),
    splits: { train: split(parts.train), val: split(parts.val), test: split(labelled(test)) },
  };
}

/** Tells `onNotice` of two classes whose names a reader would take for the same. */
export function noteSimilarNames(
  classes: readonly string[],
  root: string,
  onNotice: OnNotice,
): void {
  const before = new Map<string, string>();
  for (const name of classes) {
    const plain = name.normalize("NFKC").trim().toLowerCase(), other = before.get(plain);
    if (other === undefined) before.set(plain, name);
    else {
      onNotice(
        `${root}: ${JSON.stringify(other)} and ${
          JSON.stringify(name)
        } are two classes, whose names ` +
          "differ in capitals, blanks or the code of a letter only; put their images into one folder " +
          "if they are one",
      );
    }
  }
}

interface Labelled {
  readonly path: string;
  readonly label: number;
}

/** An image in the folder of its class. */
export interface Found {
  /** Name of the class's folder. */
  readonly name: string;
  /** Relative to the root. */
  readonly path: string;
}

/**
 * The images of a tree `class/image`, in the order of their names.
 * @param split folder in which the classes' folders are: "." for the data folder itself
 * @throws {DataError} naming a folder that is empty or a link that leads out of the data folder
 */
export async function readTree(
  folder: DataFolder,
  split: string,
  onNotice: OnNotice,
): Promise<Found[]> {
  const found: Found[] = [], left = new LeftOut(folder.root, onNotice);
  for (const [name, { kind }] of await checked(folder, split)) {
    const own = join(split, name);
    if (kind !== "folder") {
      left.add(
        own,
        imageName.test(name) ? "an image must lie in the folder of its class" : undefined,
      );
      continue;
    }
    const before = found.length;
    for (const [image, { kind }] of await checked(folder, own)) {
      const path = join(own, image);
      if (kind === "folder") left.add(path, "folders inside of a class's folder are not read");
      else if (imageName.test(image)) found.push({ name, path });
      else left.add(path);
    }
    if (found.length === before) {
      throw new DataError(`${join(folder.root, own)} holds no image`);
    }
  }
  if (found.length === 0) {
    throw new DataError(`${join(folder.root, split)} holds no folder with images`);
  }
  left.tell();
  return found;
}

/** What is in a folder. @throws {DataError} naming a link or another thing that is refused */
async function checked(folder: DataFolder, path: string): ReturnType<DataFolder["list"]> {
  const entries = await folder.list(path);
  for (const [name, finding] of entries) {
    if (finding.kind === "refused") {
      throw new DataError(`${join(folder.root, path, name)} is not read: ${finding.reason}`);
    }
  }
  return entries;
}

/** Counts the files that are left out, by the reason, and tells of the first one of each. */
class LeftOut {
  readonly #kinds = new Map<string, { readonly first: string; count: number }>();

  constructor(readonly root: string, readonly onNotice: OnNotice) {}

  add(
    path: string,
    kind = extname(path) ? `${extname(path)} files are not read` : "it has no extension",
  ): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.count++;
    else this.#kinds.set(kind, { first: path, count: 1 });
  }

  tell(): void {
    for (const [kind, { first, count }] of this.#kinds) {
      const what = count === 1 ? "is left out" : `and ${count - 1} more like it are left out`;
      this.onNotice(
        `${join(this.root, first)} ${what}: ${kind}; images are read from split/class/ ` +
          "as .jpg, .jpeg, .png, .webp, .gif, .tif or .tiff",
      );
    }
  }
}
