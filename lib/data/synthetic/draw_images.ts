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
 * Makes the images that are not there yet. Each has a random stream named after its path, so it is
 * the same whoever makes it and when. While one is drawn the one before is encoded and written.
 */
export async function drawAndWrite({ folder, seed, images }: Job): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  for (const { label, path, format } of images) {
    const target = join(folder, path);
    if (await exists(target)) continue;
    const scene = drawScene(species[label]!, new Rng(seed).fork(path));
    await writing;
    writing = encodeScene(scene, format).then((bytes) => writeAtomic(target, bytes));
  }
  await writing;
}
