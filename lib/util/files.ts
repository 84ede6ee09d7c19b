import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Writes a file whole or not at all: into `<path>.<unique>.part` first, renamed when complete.
 * Folders on the way are made. A failure leaves what stood under `path` untouched.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    if (typeof content === "string") await Deno.writeTextFile(part, content);
    else await Deno.writeFile(part, content);
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

/**
 * Removes what `writeAtomic` has left of a file when its process was killed. Parts of the last minute may
 * belong to a process that is writing, and stay.
 */
export async function removeParts(path: string, now = Date.now()): Promise<void> {
  const folder = dirname(path), start = `${basename(path)}.`;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(start) || !/\.[0-9a-f]{8}\.part$/.test(name)) continue;
    const part = join(folder, name);
    const { mtime } = await Deno.stat(part);
    if (mtime && now - mtime.getTime() > 60_000) await Deno.remove(part);
  }
}

/**
 * Makes sure, before long work, that its result can be written: writes that many bytes into the folder and
 * removes them again. Folders on the way are made.
 * @throws Error naming the folder and the bytes that cannot be written
 */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const probe = join(folder, `.room.${crypto.randomUUID().slice(0, 8)}.part`);
  const piece = new Uint8Array(Math.min(bytes, 2 ** 20));
  try {
    await Deno.mkdir(folder, { recursive: true });
    try {
      using file = await Deno.open(probe, { write: true, createNew: true });
      for (let left = bytes; left > 0;) {
        left -= await file.write(piece.subarray(0, Math.min(left, piece.length)));
      }
    } finally {
      await Deno.remove(probe).catch(() => {});
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

/** Whether a file or folder stands under `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** The project's root folder, with a trailing slash. */
export const projectRoot: string = fileURLToPath(new URL("../../", import.meta.url));

/** Hex SHA-256 of bytes or text. */
export async function sha256(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
