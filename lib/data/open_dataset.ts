import { resolve } from "node:path";
import { isMissing, stat } from "../util/platform.ts";
import { isCifar, openCifar } from "./cifar.ts";
import { isClassFolders, openClassFolders } from "./class_folders.ts";
import { DataError } from "./data_error.ts";
import { DataFolder, type OpenOptions } from "./data_folder.ts";
import type { Dataset } from "./dataset.ts";
import { missingFolders, openFolders } from "./folders.ts";
import { isIdx, openIdx } from "./idx.ts";
import { missingLists, openList } from "./list.ts";
import { explained } from "./read_file.ts";
import { checkSplit } from "./split_options.ts";

/** The layouts that are recognised, in the order in which they are looked for. */
const layouts = [
  {
    is: async (folder: DataFolder) => (await missingLists(folder)).length === 0,
    open: openList,
    files: "train.txt, val.txt and test.txt (path label)",
  },
  {
    is: isIdx,
    open: openIdx,
    files: "train-images-idx3-ubyte[.gz] and its three companions",
  },
  {
    is: isCifar,
    open: openCifar,
    files: "data_batch_1.bin … test_batch.bin, or train.bin and test.bin",
  },
  {
    is: async (folder: DataFolder) => (await missingFolders(folder)).length === 0,
    open: openFolders,
    files: "folders train and test with a folder a class",
  },
  {
    is: isClassFolders,
    open: openClassFolders,
    files: "a folder a class with its images, which are split here",
  },
] as const;

/**
 * Opens a data set and recognises its layout. No image is read.
 *
 * Nothing outside of the folder is looked at: an absolute path, `..` and a link that lead out of it
 * are errors, unless `followLinks` allows the links.
 *
 * @throws {DataError} if the folder is not there or holds none of the layouts, saying what it holds;
 * and whatever is wrong with the files, naming the file and, in a list, the line
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const { onNotice = console.warn, split } = options;
  if (split) checkSplit(split);
  const root = resolve(path);
  const { isDirectory } = await explained(root, () => stat(root)).catch((error) => {
    if (!isMissing(error.cause)) throw error;
    throw new DataError(`there is no folder ${root}`);
  });
  if (!isDirectory) throw new DataError(`${root} is a file, not a folder`);
  const folder = await DataFolder.open(root, options);
  for (const { is, open } of layouts) {
    if (!await is(folder)) continue;
    if (split && open !== openClassFolders) {
      onNotice(`${root} has splits of its own, so it is not split as it was asked for`);
    }
    return await open(folder, onNotice, split);
  }
  const there = [...(await folder.list(".")).keys()];
  const shown = there.slice(0, 8).join(", ") + (there.length > 8 ? ", …" : "");
  throw new DataError(
    `${root} is no data set that is known here. Looked for:\n` +
      layouts.map(({ files }) => `- ${files}\n`).join("") +
      `and found ${there.length === 0 ? "nothing" : shown}` + await hint(folder),
  );
}

/** What a folder lacks that has a part of a layout. */
async function hint(folder: DataFolder): Promise<string> {
  const lists = await missingLists(folder), folders = await missingFolders(folder);
  const missing = lists.length < 3 ? lists : folders.length < 2 ? folders : [];
  return missing.length === 0 ? "" : `; ${missing.join(" and ")} is missing`;
}
