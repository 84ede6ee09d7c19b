import {
  errorCode,
  hasNodeModules,
  isMissing,
  link,
  makeFolder,
  nodeModule,
  operatingSystem,
  pathOf,
  readFolder,
  remove,
  rename,
  stat,
  workingFolder,
  writeFile,
} from "./platform.ts";

/**
 * Writes a file whole or not at all: into `<path>.<unique>.part` first, renamed when complete.
 * Folders on the way are made. A failure leaves what stood under `path` untouched.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(nodeModule("node:path").dirname(path));
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await writeFile(part, content);
    await replace(part, path);
  } catch (error) {
    await remove(part).catch(() => {});
    throw error;
  }
}

/** What Windows says of a file that somebody has open. */
const inUse: readonly (string | undefined)[] = ["EPERM", "EACCES", "EBUSY"];

/**
 * Gives a file the name of another one, in its place. Windows refuses that while a virus scanner, say, has one of
 * them open, which is over soon: there it is tried for two seconds.
 */
export async function replace(
  from: string,
  to: string,
  isWindows: boolean = operatingSystem === "win32",
  once: (from: string, to: string) => Promise<void> = rename,
): Promise<void> {
  for (let left = isWindows ? 40 : 0;; left--) {
    try {
      return await once(from, to);
    } catch (error) {
      if (left === 0 || !inUse.includes(errorCode(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/**
 * Writes a file whole, unless there is one of that name.
 * @param further gives a file a further name; not every disk can
 * @returns whether it was written
 */
export async function writeNew(
  path: string,
  content: string,
  further: (from: string, to: string) => Promise<void> = link,
): Promise<boolean> {
  const whole = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  await writeAtomic(whole, content);
  try {
    await further(whole, path); // unlike a rename it fails if the name is taken
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST" || await exists(path)) return false;
    // FAT and some shares in a network have one name for a file
    await rename(whole, path);
    return true;
  } finally {
    await remove(whole, { force: true });
  }
}

/**
 * Removes what `writeAtomic` has left of a file when its process was killed. Parts of the last minute may
 * belong to a process that is writing, and stay.
 */
export async function removeParts(path: string, now = Date.now()): Promise<void> {
  const { basename, dirname, join } = nodeModule("node:path");
  const folder = dirname(path), start = `${basename(path)}.`;
  for (const { name } of await readFolder(folder)) {
    if (!name.startsWith(start) || !/\.[0-9a-f]{8}\.part$/.test(name)) continue;
    const part = join(folder, name);
    const found = await stat(part).catch((error) => {
      if (!isMissing(error)) throw error; // another process has removed it, or is done with it
    });
    if (found && now - found.modified > 60_000) await remove(part, { force: true });
  }
}

/**
 * Makes sure, before long work, that its result can be written: writes that many bytes into the folder and
 * removes them again. If the folder is not there yet, it is the first one above it that is there; none is made.
 * @throws Error naming the folder and the bytes that cannot be written
 */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { dirname, join } = nodeModule("node:path");
  const piece = new Uint8Array(Math.min(bytes, 2 ** 20));
  try {
    let there = folder;
    while (!await exists(there) && dirname(there) !== there) {
      if (await isLink(there)) throw new Error(`${there} is a link to what is not there`);
      there = dirname(there);
    }
    const probe = join(there, `.room.${crypto.randomUUID().slice(0, 8)}.part`);
    try {
      const file = await nodeModule("node:fs/promises").open(probe, "wx");
      try {
        for (let left = bytes; left > 0;) {
          const part = piece.subarray(0, Math.min(left, piece.length));
          left -= (await file.write(part)).bytesWritten;
        }
      } finally {
        await file.close();
      }
    } finally {
      await remove(probe).catch(() => {});
    }
  } catch (error) {
    throw new Error(
      `${folder} has no room for the ${
        bytes.toLocaleString("en")
      } bytes that are to be written, or may ` +
        `not be written: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Whether a link stands under `path`, wherever it leads. */
async function isLink(path: string): Promise<boolean> {
  return await nodeModule("node:fs/promises").readlink(path).then(() => true, () => false);
}

/** Whether a file or folder stands under `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error) || errorCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** Null in a module that was loaded from text. */
const ownRoot = URL.parse("../../", import.meta.url);

/**
 * The project's root folder, with a trailing slash: data, caches and results stand below it. Where this is an
 * installed package, or was loaded from a server, it is the folder that the process works in.
 */
export const projectRoot: string = rootFolder();

function rootFolder(): string {
  if (!hasNodeModules) return "";
  // the package is JavaScript, wherever it stands
  const isInstalled = ownRoot?.protocol !== "file:" || import.meta.url.endsWith(".js");
  return isInstalled ? `${workingFolder()}/` : pathOf(ownRoot);
}

/** The folder of the project's own code, with a trailing slash; undefined if it came from a server. */
export const codeRoot: string | undefined = hasNodeModules && ownRoot?.protocol === "file:"
  ? pathOf(ownRoot)
  : undefined;

/** Hex SHA-256 of bytes or text. */
export async function sha256(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
