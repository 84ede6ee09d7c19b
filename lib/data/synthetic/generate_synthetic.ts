import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { exists, writeAtomic } from "../../util/files.ts";
import { makeFolder, readFolder, readTextFile, remove } from "../../util/platform.ts";
import type { OnProgress } from "../../util/progress.ts";
import type { Job } from "./draw_images.ts";
import {
  checkSyntheticOptions,
  classFolder,
  defaultOptions,
  plan,
  type PlannedImage,
  type SyntheticOptions,
} from "./synthetic_plan.ts";
import { species } from "./species.ts";

/** Goes up whenever the same options would give other images. */
const generatorVersion = 1;

/** The file that marks a folder as complete and as made by this generator. */
export const markerFile = "synthetic.json";

/**
 * Makes a synthetic data set in the paper's list format: `images/<class>/<file>`, `train.txt`,
 * `val.txt`, `test.txt`, `classes.txt`, and at last `synthetic.json`. Images that an interrupted run
 * has left behind are kept. A complete data set of the same options is not touched.
 *
 * The files depend on the options alone, whatever the number of `workers`.
 *
 * @param onProgress told of the images that are finished, out of all; the number never falls
 * @throws {RangeError} naming an option that is unknown or has no sensible value; nothing is touched then
 * @throws {Error} if the folder holds other files, or a file cannot be written
 */
export async function generateSynthetic(
  folder: string,
  options: SyntheticOptions = defaultOptions,
  { onProgress, workers = Math.min(8, navigator.hardwareConcurrency) }: {
    readonly onProgress?: OnProgress | undefined;
    readonly workers?: number;
  } = {},
): Promise<void> {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`workers must be a whole number of at least 1, got ${workers}`);
  }
  checkSyntheticOptions(options); // before anything is removed
  const { train, heldOut, seed } = options;
  const marker = JSON.stringify({ generator: generatorVersion, train, heldOut, seed }) + "\n";
  const begun = join(folder, `${markerFile}.begun`);
  if (await readIfThere(join(folder, markerFile)) === marker) return;
  if (await readIfThere(begun) !== marker) {
    // These are images of other options or of an older generator. They must not stay among ours.
    await removeOwn(folder);
    await writeAtomic(begun, marker);
  }
  const images = plan(options);
  for (let label = 0; label < species.length; label++) {
    await makeFolder(join(folder, "images", classFolder(label)));
  }
  await drawAll(folder, seed, images, workers, onProgress);
  for (const split of ["train", "val", "test"] as const) {
    const lines = images.filter((image) => image.split === split)
      .map(({ path, label }) => `${path} ${label}\n`);
    await writeAtomic(join(folder, `${split}.txt`), lines.join(""));
  }
  const classes = species.map(({ name }, label) => `${label} ${classFolder(label)} ${name}\n`);
  await writeAtomic(join(folder, "classes.txt"), classes.join(""));
  await writeAtomic(join(folder, markerFile), marker);
  await remove(begun);
}

/** Images that a worker is handed at a time. */
const BATCH = 25;

/** Hands batches of images to the workers until all are made; the first failure stops the rest. */
async function drawAll(
  folder: string,
  seed: number,
  images: readonly PlannedImage[],
  workers: number,
  onProgress: OnProgress | undefined,
): Promise<void> {
  let next = 0;
  let done = 0;
  const drawBatches = async () => {
    const worker = new Worker(new URL("./drawing_worker.ts", import.meta.url));
    try {
      while (next < images.length) {
        const batch = images.slice(next, next + BATCH);
        next += batch.length;
        await send(worker, { folder, seed, images: batch });
        // Added after the wait: `done` has grown in the meantime if there is another worker.
        done += batch.length;
        await onProgress?.(done, images.length);
      }
    } catch (error) {
      next = images.length;
      throw error;
    } finally {
      await worker.terminate();
    }
  };
  const drawing = Array.from({ length: workers }, drawBatches);
  await Promise.allSettled(drawing); // no worker writes on after a failure
  await Promise.all(drawing);
}

function send(worker: Worker, job: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.on(
      "message",
      ({ error }: { readonly error?: string }) =>
        error === undefined ? resolve() : reject(new Error(error)),
    );
    const ended = (why: unknown) => reject(new Error(`a thread that draws images ended: ${why}`));
    worker.on("error", ({ message }: Error) => ended(message)).on(
      "exit",
      (code) => ended(`exit ${code}`),
    );
    worker.postMessage(job);
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await exists(path) ? await readTextFile(path) : undefined;
}

/** Removes what an earlier generation wrote, and nothing else: the folder may be anybody's. */
async function removeOwn(folder: string): Promise<void> {
  const marked = await exists(join(folder, markerFile)) ||
    await exists(join(folder, `${markerFile}.begun`));
  if (!marked) {
    if (await exists(folder) && (await readFolder(folder)).length > 0) {
      throw new Error(`${folder} holds files of another kind; choose an empty folder`);
    }
    return;
  }
  const own = ["images", "train.txt", "val.txt", "test.txt", "classes.txt", markerFile];
  for (const name of own) {
    if (await exists(join(folder, name))) {
      await remove(join(folder, name), { recursive: true });
    }
  }
}
