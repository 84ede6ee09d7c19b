/**
 * Replaces many files, all of them or none. The new ones are first written beside the old ones, so that a
 * full disk is noticed before anything is replaced. A journal then says what is to be replaced, so that
 * the next start can finish, or undo, what a kill has cut off.
 */
import { basename, dirname, join } from "node:path";
import { exists, writeAtomic } from "../lib/util/files.ts";

/** A file, and the place in which it is to stand. */
export interface Replacement {
  readonly source: string;
  readonly target: string;
}

interface Journal {
  /** Whether what was replaced is to be taken back. */
  readonly undo: boolean;
  /** The places, and whether there was no file before. */
  readonly targets: readonly { readonly target: string; readonly isNew: boolean }[];
}

const beside = (target: string, what: "new" | "old") =>
  join(dirname(target), `.${basename(target)}.${what}.part`);

/**
 * Puts every source into its target's place. A folder on the way to a target is made.
 * @param journal a file that is there only meanwhile; `finishReplacing` reads it after a kill
 * @throws Error naming the target that could not be replaced; all of them are then as they were
 */
export async function replaceFiles(
  replacements: readonly Replacement[],
  journal: string,
): Promise<void> {
  const targets: { target: string; isNew: boolean }[] = [];
  const write = (undo: boolean) =>
    writeAtomic(journal, JSON.stringify({ undo, targets } satisfies Journal));
  try {
    for (const { source, target } of replacements) {
      await named(target, async () => {
        await Deno.mkdir(dirname(target), { recursive: true });
        await Deno.copyFile(source, beside(target, "new"));
        if (await exists(target) && !(await Deno.stat(target)).isFile) {
          throw new Error("something that is no file stands there");
        }
      });
      targets.push({ target, isNew: !await exists(target) });
    }
    await write(false);
  } catch (error) {
    for (const { target } of replacements) await remove(beside(target, "new"));
    throw error;
  }
  try {
    for (const { target, isNew } of targets) {
      await named(target, async () => {
        if (!isNew) await keepOld(target);
        await Deno.rename(beside(target, "new"), target);
      });
    }
  } catch (error) {
    await write(true);
    await undo(targets);
    await Deno.remove(journal);
    throw error;
  }
  for (const { target } of targets) await remove(beside(target, "old"));
  await Deno.remove(journal);
}

/**
 * Finishes, or undoes, what an earlier `replaceFiles` was killed at.
 * @returns whether there was anything to finish
 */
export async function finishReplacing(journal: string): Promise<boolean> {
  if (!await exists(journal)) return false;
  const { undo: isUndo, targets }: Journal = JSON.parse(await Deno.readTextFile(journal));
  if (isUndo) await undo(targets);
  else {
    for (const { target } of targets) {
      const fresh = beside(target, "new");
      if (await exists(fresh)) await named(target, () => Deno.rename(fresh, target));
    }
    for (const { target } of targets) await remove(beside(target, "old"));
  }
  await Deno.remove(journal);
  return true;
}

async function undo(targets: Journal["targets"]): Promise<void> {
  for (const { target, isNew } of targets) {
    const fresh = beside(target, "new"), old = beside(target, "old");
    const wasReplaced = !await exists(fresh);
    if (wasReplaced && isNew) await remove(target);
    if (!isNew && await exists(old)) await Deno.rename(old, target);
    await remove(fresh);
  }
}

/** A second name for a file, which goes on standing under its own. */
async function keepOld(target: string): Promise<void> {
  const old = beside(target, "old");
  await remove(old);
  await Deno.link(target, old).catch(() => Deno.copyFile(target, old)); // not every disk has links
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function named(target: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${target} cannot be replaced: ${(error as Error).message}`, { cause: error });
  }
}
