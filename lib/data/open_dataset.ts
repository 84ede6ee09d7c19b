import { resolve } from "node:path";
import { exists } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Dataset } from "./dataset.ts";
import { isCifar, openCifar } from "./cifar.ts";
import { isFolders, openFolders } from "./folders.ts";
import { isIdx, openIdx } from "./idx.ts";
import { isList, openList } from "./list.ts";
import { defaultDatasetFolder } from "./synthetic/default_dataset.ts";

/** The layouts that are recognised, in the order in which they are looked for. */
const layouts = [
  { is: isList, open: openList, files: "train.txt, val.txt and test.txt (path label)" },
  { is: isIdx, open: openIdx, files: "train-images-idx3-ubyte[.gz] and its three companions" },
  {
    is: isCifar,
    open: openCifar,
    files: "data_batch_1.bin … test_batch.bin, or train.bin and test.bin",
  },
  { is: isFolders, open: openFolders, files: "folders train and test with a folder a class" },
] as const;

/**
 * Opens a data set and recognises its layout.
 * @throws Error if the folder is not there or holds none of the layouts, saying what it holds
 */
export async function openDataset(folder: string): Promise<Dataset> {
  const root = resolve(folder);
  if (!await exists(root)) throw new Error(`there is no folder ${root}`);
  if (!(await Deno.stat(root)).isDirectory) throw new Error(`${root} is a file, not a folder`);
  for (const { is, open } of layouts) if (await is(root)) return await open(root);
  const there = [...Deno.readDirSync(root)].map(({ name }) => name).sort();
  const shown = there.slice(0, 8).join(", ") + (there.length > 8 ? ", …" : "");
  throw new Error(
    `${root} is no data set that is known here. Looked for:\n` +
      layouts.map(({ files }) => `- ${files}\n`).join("") +
      `and found ${there.length === 0 ? "nothing" : shown}`,
  );
}

/** The data set that `LENET_DATA` names, or the default one, which is made when it is missing. */
export async function datasetFromEnvironment(onProgress?: OnProgress): Promise<Dataset> {
  const chosen = Deno.env.get("LENET_DATA");
  return await openDataset(chosen || await defaultDatasetFolder(onProgress));
}
