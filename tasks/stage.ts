import { dirname, join, relative } from "node:path";
import { exists } from "../lib/util/files.ts";

/** What the new results share with the old ones: the keys of saved runs and weights say what they depend on. */
const shared = ["runs", "weights"];

/** Makes a link from `path` to the folder `target`; throws where the file system or the system has none. */
export type LinkFolder = (target: string, path: string) => Promise<void>;

const linkFolder: LinkFolder = async (target, path) => {
  if (Deno.build.os === "windows") {
    // everybody may make junctions, links only administrators
    await Deno.symlink(target, path, { type: "junction" });
  } else await Deno.symlink(relative(dirname(path), target), path);
};

/**
 * Makes a folder for the new tables and figures beside the old ones. Saved runs and weights are shared with the
 * results, so they stay valid even if this run fails: by a link, and where there are no links by being moved here
 * until `unstage`.
 */
export async function stage(results: string, link: LinkFolder = linkFolder): Promise<string> {
  const staged = join(results, ".new");
  await unstage(results); // of a run cut off
  await Deno.mkdir(staged, { recursive: true });
  for (const kept of shared) {
    const folder = join(results, kept);
    await Deno.mkdir(folder, { recursive: true });
    try {
      await link(folder, join(staged, kept));
    } catch {
      await Deno.rename(folder, join(staged, kept));
    }
  }
  return staged;
}

/** Removes the folder of `stage`, and moves back what was moved there. */
export async function unstage(results: string): Promise<void> {
  const staged = join(results, ".new");
  if (!await exists(staged)) return;
  for (const kept of shared) {
    const there = join(staged, kept), folder = join(results, kept);
    if (!await exists(there)) continue;
    const info = await Deno.lstat(there);
    if (info.isSymlink || !info.isDirectory) await Deno.remove(there);
    else {
      if (await exists(folder)) await Deno.remove(folder); // empty, or it is an error
      await Deno.rename(there, folder);
    }
  }
  await Deno.remove(staged, { recursive: true });
}
