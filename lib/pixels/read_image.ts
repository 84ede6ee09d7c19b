import type { ImageSource } from "../data/dataset.ts";
import { type FileFacts, isMissing, readFile, readFileInto, statSync } from "../util/platform.ts";
import { BadImage, TooLarge } from "./bad_image.ts";
import { Budget } from "./budget.ts";
import type { ImageLimits } from "./image_limits.ts";

/** Milliseconds from which a disk is slow enough that several reads should wait side by side. */
const SLOW_READ = 1;

/** Slow reads in a row that tell a slow disk; one alone may come from a busy processor. */
const SLOW_IN_A_ROW = 3;

let slowReads = 0;

/** Reads that are made side by side then, before the disk is tried again. */
const READS_ASIDE = 64;

let readsAside = 0;

/** Room for a file, bytes, that is used again and again: fresh memory takes as long as reading. */
const ROOM = 2 ** 18;

const rooms: Uint8Array[] = [];

/**
 * Hands on a file's bytes, which are gone afterwards. From a fast disk or the page cache they are read
 * at once, in half the time that it takes to wait for them; from a slow one, side by side.
 */
async function useBytes<T>(
  path: string,
  name: string,
  size: number,
  use: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  if (readsAside > 0 || size >= ROOM) {
    if (readsAside > 0) readsAside--;
    let bytes;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw unreadable(error, path, name);
    }
    return await use(bytes);
  }
  const room = rooms.pop() ?? new Uint8Array(ROOM);
  try {
    return await use(room.subarray(0, readNow(path, name, room)));
  } finally {
    rooms.push(room);
  }
}

/** Fills room with a file that is known to be smaller; returns the number of bytes. */
function readNow(path: string, name: string, room: Uint8Array): number {
  const start = performance.now();
  try {
    const length = readFileInto(path, room);
    if (length === room.length) throw new Error("it grew while it was read");
    return length;
  } catch (error) {
    throw unreadable(error, path, name);
  } finally {
    slowReads = performance.now() - start > SLOW_READ ? slowReads + 1 : 0;
    if (slowReads === SLOW_IN_A_ROW) {
      readsAside = READS_ASIDE;
      slowReads--; // the next one is enough to tell that the disk is as slow as before
    }
  }
}

/** Bytes of image files that are held at the same time. */
const heldBytes = new Budget(256 * 2 ** 20);

/**
 * Hands `use` the bytes an image is made of: its file, or its raw pixels. A file is looked at before
 * it is opened: opening a named pipe would wait for ever, and reading a device might never end.
 *
 * @throws {BadImage} when the file cannot be read, is empty, or is larger than `maxFileBytes`
 */
export async function useSource<T>(
  source: ImageSource,
  name: string,
  { maxFileBytes }: Pick<ImageLimits, "maxFileBytes">,
  use: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  if (source.kind === "raw") return await use(source.data);
  const { path } = source;
  const facts = statImageFile(path, name);
  checkImageFile(facts, path, name, maxFileBytes);
  return await heldBytes.run(facts.size, () => useBytes(path, name, facts.size, use));
}

/**
 * The same at once, where that is the quickest way: for a smaller file, as long as the disk is fast.
 * @returns undefined if it is not; then nothing has been read
 */
export function useFileNow<T>(
  path: string,
  name: string,
  { maxFileBytes }: Pick<ImageLimits, "maxFileBytes">,
  use: (bytes: Uint8Array) => T,
): T | undefined {
  if (readsAside > 0) return undefined;
  const facts = statImageFile(path, name);
  checkImageFile(facts, path, name, maxFileBytes);
  if (facts.size >= ROOM) return undefined;
  const room = rooms.pop() ?? new Uint8Array(ROOM);
  try {
    return use(room.subarray(0, readNow(path, name, room)));
  } finally {
    rooms.push(room);
  }
}

/** @throws {BadImage} when there is no such file, or nothing about it can be learned */
export function statImageFile(path: string, name: string): FileFacts {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(error, path, name);
  }
}

/** @throws {BadImage} saying why the file cannot hold an image */
export function checkImageFile(
  { isFile, isDirectory, size }: Pick<FileFacts, "isFile" | "isDirectory" | "size">,
  path: string,
  name: string,
  maxFileBytes: number,
): void {
  if (isDirectory) {
    throw new BadImage(name, `it is a folder, not an image; take it out of the list (${path})`);
  }
  if (!isFile) {
    throw new BadImage(
      name,
      `it is a device, a pipe or a socket, not a file; take it out of the list (${path})`,
    );
  }
  if (size === 0) throw new BadImage(name, "the file is empty; copy it again");
  if (size > maxFileBytes) {
    throw new TooLarge(
      name,
      `the file has ${size} bytes, more than the limit of ${maxFileBytes}; raise maxFileBytes or ` +
        `take it out of the data set (${path})`,
    );
  }
}

/** What a failure of the file system says about an image. */
function unreadable(error: unknown, path: string, name: string): BadImage {
  const missing = isMissing(error);
  const reason = missing
    ? "there is no such file; unpack the data set again or take the image out of its list"
    : `it cannot be read (${(error as Error).message})`;
  return new BadImage(name, `${reason} (${path})`, { cause: error });
}
