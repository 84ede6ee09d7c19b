import { dirname } from "node:path";

/** A claim on a name, which no other process has at the same time. It ends with its process at the latest. */
export interface Claim {
  /** Gives the claim back. */
  release(): Promise<void>;
}

/**
 * Claims a name by a lock on a file, which is removed with the claim. The operating system gives the
 * lock back when the process ends, be it by SIGKILL, so that no claim outlives its owner.
 * @param path of the lock file; its folder is made if it is missing
 * @returns undefined if somebody has the claim
 */
export async function claimFile(path: string): Promise<Claim | undefined> {
  await Deno.mkdir(dirname(path), { recursive: true });
  while (true) {
    const file = await Deno.open(path, { create: true, write: true });
    if (!await file.tryLock(true)) {
      file.close();
      return undefined;
    }
    // the owner before may have removed the file between our opening it and our locking it
    if ((await file.stat()).ino === await inode(path)) {
      return {
        async release() {
          await Deno.remove(path); // before the lock ends: afterwards it may be another's
          file.close();
        },
      };
    }
    file.close();
  }
}

async function inode(path: string): Promise<number | null | undefined> {
  try {
    return (await Deno.stat(path)).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
