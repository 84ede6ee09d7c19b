/** A lock between processes. The system gives it back when its holder ends, however that comes. */
import { dirname } from "node:path";

/** A lock that is held; it is given back at the end of its block or of the process. */
export interface Lock extends Disposable {
  /** Gives it back. */
  [Symbol.dispose](): void;
}

/**
 * Takes the lock of a file, which is made if it is missing; waits if another process has it.
 * @param onWait told once, if it has to wait, which process has the lock and since when
 */
export async function takeLock(
  path: string,
  onWait: (holder: string) => void,
): Promise<Lock> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const file = await Deno.open(path, { read: true, write: true, create: true });
  try {
    if (!await file.tryLock(true)) {
      const holder = (await Deno.readTextFile(path)).trim();
      onWait(holder || "a process that has just started");
      await file.lock(true);
    }
    await file.truncate(0);
    const since = new Date().toISOString().slice(0, 19).replace("T", " ");
    await file.write(new TextEncoder().encode(`process ${Deno.pid}, since ${since} UTC\n`));
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    [Symbol.dispose]() {
      file.close();
    },
  };
}
