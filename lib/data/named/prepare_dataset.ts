import { join } from "node:path";
import { type Claim, claimFile } from "../../util/file_claim.ts";
import { exists, projectRoot } from "../../util/files.ts";
import {
  deno,
  environment,
  errorCode,
  makeFolder,
  remove,
  rename,
  writeFile,
} from "../../util/platform.ts";
import { JoinedProgress, type OnProgress } from "../../util/progress.ts";
import { DataError } from "../data_error.ts";
import { download, type DownloadOptions } from "./download.ts";
import type { KnownDataset, RemoteFile } from "./known_dataset.ts";

/** Where a data set is kept, and how it gets there. */
export interface PrepareOptions extends Omit<DownloadOptions, "onProgress"> {
  /** Folder in which the data sets lie; default: the project's `data/`. */
  readonly home?: string | undefined;
  /**
   * An address with the same files, asked first: `<mirror>/<data set>/<file>`. Default: what
   * `LENET_DATA_MIRROR` names. The checksums are the same.
   */
  readonly mirror?: string | undefined;
  /** Told of kilobytes: those downloaded and, of an archive, as many again for unpacking. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * The folder of a known data set: that of a package of the system, or one in `data/`, which is downloaded and
 * unpacked if it is missing. It appears under its name when it is complete. What was downloaded before an
 * interruption is kept in `<name>.part` beside it. Two processes that want the same data set share the work:
 * the second one waits (in Deno).
 * @throws {DataError} as `download` does, or if the archive is not what was expected
 */
export async function prepareDataset(
  known: KnownDataset,
  options: PrepareOptions = {},
): Promise<string> {
  const { name, installed, files } = known;
  const home = options.home ?? join(projectRoot, "data");
  const folder = join(home, name);
  if (await exists(folder)) return folder;
  if (installed && await hasAll(installed.folder, files)) return installed.folder;
  // Node.js has no locks on files
  const claim = deno && await claimed(join(home, `.${name}.lock`));
  try {
    if (!await exists(folder)) await make(known, folder, options); // else somebody has just made it
  } finally {
    await claim?.release();
  }
  return folder;
}

async function make(known: KnownDataset, folder: string, options: PrepareOptions): Promise<void> {
  const { name, files, unpack, classes } = known;
  const work = `${folder}.part`;
  const mirror = options.mirror ?? (environment("LENET_DATA_MIRROR") || undefined);
  if (mirror !== undefined && !/^https?:\/\/[^/]/i.test(mirror)) {
    const source = options.mirror === undefined ? ", which LENET_DATA_MIRROR names," : "";
    throw new DataError(
      `the mirror of the data sets${source} is ${mirror}; its address must begin with http:// or ` +
        "https://",
    );
  }
  const units = (bytes: number) => Math.ceil(bytes / 1000);
  const all = files.reduce((sum, { bytes }) => sum + units(bytes), 0);
  const whole = new JoinedProgress(unpack ? 2 * all : all, options.onProgress);
  const paths: string[] = [];
  for (const file of files) {
    const urls = mirror
      ? [`${mirror.replace(/\/$/, "")}/${name}/${file.name}`, ...file.urls]
      : file.urls;
    const onProgress = whole.part(units(file.bytes));
    paths.push(await download({ ...file, urls }, work, { ...options, onProgress }));
  }
  if (!unpack) {
    if (classes) {
      const lines = classes.map((name, label) => `${label} ${label} ${name}\n`);
      await writeFile(join(work, "classes.txt"), lines.join(""));
    }
    await rename(work, folder);
    return;
  }
  const unpacked = join(work, "unpacked");
  if (await exists(unpacked)) await remove(unpacked, { recursive: true });
  await makeFolder(unpacked);
  try {
    await unpack(paths[0]!, unpacked, whole.part(all));
    await rename(unpacked, folder);
  } catch (error) {
    await remove(unpacked, { recursive: true });
    if (errorCode(error) === undefined) throw error; // a stop, say, or a DataError
    throw new DataError(`${unpacked} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
  await remove(work, { recursive: true });
}

/** Whether a package's folder has all files. */
async function hasAll(folder: string, files: readonly RemoteFile[]): Promise<boolean> {
  const there = await Promise.all(files.map(({ name }) => exists(join(folder, name))));
  return there.every(Boolean);
}

/** Waits until no other process has the claim. */
async function claimed(path: string): Promise<Claim> {
  while (true) {
    const claim = await claimFile(path);
    if (claim) return claim;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
