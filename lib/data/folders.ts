import { basename, join, resolve } from "node:path";
import { exists } from "../util/files.ts";
import type { Dataset } from "./dataset.ts";
import { holdOut, valShare } from "./holdout.ts";
import { FileSplit } from "./split.ts";

const valNames = ["val", "valid", "validation"];
const imageName = /\.(jpe?g|png|webp|gif|tiff?)$/i;

/** Whether a folder holds `train` and `test` folders. */
export async function isFolders(folder: string): Promise<boolean> {
  return await exists(join(folder, "train")) && await exists(join(folder, "test"));
}

/**
 * A folder tree `split/class/image`, with splits train, val (or valid, validation) and test. Classes
 * are numbered in the order of their folders' names. Without val a tenth of train is set aside.
 * @throws Error naming a folder that is empty or a class that train lacks
 */
export async function openFolders(folder: string): Promise<Dataset> {
  const root = resolve(folder);
  const train = await readTree(root, "train");
  const test = await readTree(root, "test");
  const classes = [...new Set(train.map(({ name }) => name))].sort();
  let val: Found[] | undefined;
  for (const name of valNames) {
    if (await exists(join(root, name))) val = await readTree(root, name);
  }
  const labelled = (found: readonly Found[]) =>
    found.map(({ path, name }) => {
      const label = classes.indexOf(name);
      if (label < 0) {
        throw new Error(`${join(root, path)} is of class ${name}, which ${root}/train lacks`);
      }
      return { path, label };
    });
  const split = (list: readonly { path: string; label: number }[]) =>
    new FileSplit(root, list.map(({ path }) => path), list.map(({ label }) => label));
  const all = labelled(train);
  let parts = { train: all, val: labelled(val ?? []) };
  if (val === undefined) {
    const held = holdOut(all.map(({ label }) => label), valShare(all.length, test.length));
    parts = { train: held.train.map((i) => all[i]!), val: held.val.map((i) => all[i]!) };
  }
  if (parts.val.length === 0) {
    throw new Error(`${root} has too few images to set some aside as val`);
  }
  return {
    name: basename(root),
    root,
    layout: "folders",
    classes,
    synthetic: await exists(join(root, "synthetic.json")),
    splits: { train: split(parts.train), val: split(parts.val), test: split(labelled(test)) },
  };
}

interface Found {
  /** Name of the class's folder. */
  readonly name: string;
  /** Relative to the root. */
  readonly path: string;
}

async function readTree(root: string, split: string): Promise<Found[]> {
  const found: Found[] = [];
  const classes = await names(join(root, split), true);
  for (const name of classes) {
    const images = (await names(join(root, split, name), false)).filter((n) => imageName.test(n));
    if (images.length === 0) throw new Error(`${join(root, split, name)} holds no image`);
    for (const image of images) found.push({ name, path: join(split, name, image) });
  }
  if (found.length === 0) throw new Error(`${join(root, split)} holds no folder with images`);
  return found;
}

async function names(folder: string, folders: boolean): Promise<string[]> {
  const list: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.startsWith(".")) continue;
    const { isDirectory } = entry.isSymlink ? await Deno.stat(join(folder, entry.name)) : entry;
    if (isDirectory === folders) list.push(entry.name);
  }
  return list.sort();
}
