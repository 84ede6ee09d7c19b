import { basename, dirname, join, resolve } from "node:path";
import { exists } from "../util/files.ts";
import type { Dataset, Split, SplitName } from "./dataset.ts";
import { FileSplit } from "./split.ts";

const splitNames: readonly SplitName[] = ["train", "val", "test"];

/** Whether a folder holds the report's three list files. */
export async function isList(folder: string): Promise<boolean> {
  for (const split of splitNames) if (!await exists(join(folder, `${split}.txt`))) return false;
  return true;
}

/**
 * The report's layout: `train.txt`, `val.txt` and `test.txt` with a `relative/path label` a line (the
 * label is what follows the last blank, so paths may hold blanks), labels counted from 0. Names of
 * the classes come from `classes.txt` (`label folder name`) if there is one, else from the folders.
 *
 * @throws Error naming file and line of a bad label, of an image that is not there, of a class that
 * no training image has
 */
export async function openList(folder: string): Promise<Dataset> {
  const root = resolve(folder);
  const entries = {} as Record<SplitName, Entry[]>;
  for (const split of splitNames) entries[split] = await readList(root, split);
  await checkImages(root, entries);
  const classes = checkClasses(root, entries);
  const folders = Array.from(
    { length: classes },
    (_, label) => basename(dirname(entries.train.find((entry) => entry.label === label)!.path)),
  );
  const split = (name: SplitName): Split =>
    new FileSplit(root, entries[name].map(({ path }) => path), entries[name].map((e) => e.label));
  return {
    name: basename(root),
    root,
    layout: "list",
    classes: await classNames(root, folders),
    synthetic: await exists(join(root, "synthetic.json")),
    splits: { train: split("train"), val: split("val"), test: split("test") },
  };
}

interface Entry {
  readonly path: string;
  readonly label: number;
  readonly line: number;
}

async function readList(root: string, split: SplitName): Promise<Entry[]> {
  const file = join(root, `${split}.txt`);
  const entries: Entry[] = [];
  (await Deno.readTextFile(file)).split("\n").forEach((text, index) => {
    const line = text.trim();
    if (line === "") return;
    const found = line.match(/^(.*\S)\s+(\S+)$/);
    const label = Number(found?.[2]);
    if (found === null || !Number.isInteger(label) || label < 0) {
      throw new Error(
        `${file}:${index + 1}: expected "path label" with a label of 0 or more, got "${line}"`,
      );
    }
    entries.push({ path: found[1]!, label, line: index + 1 });
  });
  if (entries.length === 0) throw new Error(`${file} lists no image`);
  return entries;
}

/** Every listed image must be there; folders are read once instead of asking for each file. */
async function checkImages(root: string, entries: Record<SplitName, Entry[]>): Promise<void> {
  const listing = new Map<string, Set<string>>();
  for (const split of splitNames) {
    const missing: Entry[] = [];
    for (const entry of entries[split]) {
      const folder = resolve(root, dirname(entry.path));
      let names = listing.get(folder);
      if (names === undefined) {
        names = new Set();
        if (await exists(folder)) {
          for await (const { name } of Deno.readDir(folder)) names.add(name);
        }
        listing.set(folder, names);
      }
      if (!names.has(basename(entry.path))) missing.push(entry);
    }
    if (missing.length > 0) {
      const { path, line } = missing[0]!;
      throw new Error(
        `${join(root, `${split}.txt`)}:${line}: there is no image ${path} (${missing.length} of ` +
          `${entries[split].length} are missing); paths are relative to ${root}`,
      );
    }
  }
}

/** Number of classes; each must have a training image. */
function checkClasses(root: string, entries: Record<SplitName, Entry[]>): number {
  const trained = new Set(entries.train.map(({ label }) => label));
  for (const split of splitNames) {
    for (const { label, line } of entries[split]) {
      if (!trained.has(label)) {
        throw new Error(
          `${join(root, `${split}.txt`)}:${line}: label ${label} has no image in train.txt`,
        );
      }
    }
  }
  const classes = Math.max(...trained) + 1;
  for (let label = 0; label < classes; label++) {
    if (!trained.has(label)) {
      throw new Error(
        `${join(root, "train.txt")} has labels up to ${classes - 1} but no image with label ` +
          `${label}; labels must be 0, 1, 2, …`,
      );
    }
  }
  return classes;
}

async function classNames(root: string, folders: string[]): Promise<string[]> {
  const file = join(root, "classes.txt");
  if (!await exists(file)) return folders;
  const names = [...folders];
  for (const line of (await Deno.readTextFile(file)).split("\n")) {
    const [label, folder, ...words] = line.trim().split(/\s+/);
    const index = Number(label);
    if (label && names[index] !== undefined) names[index] = words.join(" ") || folder || label;
  }
  return names;
}
