import { join } from "node:path";
import { exists, writeAtomic } from "../../util/files.ts";
import { Rng } from "../../util/rng.ts";
import { encodeScene } from "./encode_scene.ts";
import type { PlannedImage } from "./synthetic_plan.ts";
import { drawScene } from "./scene.ts";
import { species } from "./species.ts";

/** Some images for a worker to make. */
export interface Job {
  readonly folder: string;
  readonly seed: number;
  readonly images: readonly PlannedImage[];
}

/**
 * Makes the images that are not there yet. Each image has a random stream of its own, named after
 * its path, so that it does not depend on the order of the work. While one image is drawn, the one
 * before it is encoded and written.
 *
 * @throws {Error} if a file cannot be written
 */
export async function drawAndWrite({ folder, seed, images }: Job): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  for (const { label, path, format } of images) {
    const target = join(folder, path);
    if (await exists(target)) continue;
    const scene = drawScene(species[label]!, new Rng(seed).fork(path));
    await writing;
    writing = encodeScene(scene, format).then((bytes) => writeAtomic(target, bytes));
    writing.catch(() => {}); // a failure is thrown where `writing` is awaited
  }
  await writing;
}
