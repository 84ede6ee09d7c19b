import { dirname } from "node:path";
import { deno, isMissing, makeFolder, remove, stat } from "./platform.ts";

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
 * @throws Error in Node.js, which has no locks on files
 */
export async function claimFile(path: string): Promise<Claim | undefined> {
  if (!deno) throw new Error("files can be locked in Deno alone, and not in Node.js");
  await makeFolder(dirname(path));
  while (true) {
    const file = await deno.open(path, { create: true, write: true });
    if (!await file.tryLock(true)) {
      file.close();
      return undefined;
    }
    // the owner before may have removed the file between our opening it and our locking it
    if ((await file.stat()).ino === await inode(path)) {
      return {
        async release() {
          await remove(path); // before the lock ends: afterwards it may be another's
          file.close();
        },
      };
    }
    file.close();
  }
}

async function inode(path: string): Promise<number | null | undefined> {
  try {
    return (await stat(path)).inode;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
