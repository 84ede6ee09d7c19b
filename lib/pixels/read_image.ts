import type { ImageSource } from "../data/dataset.ts";
import { BadImage, TooLarge } from "./bad_image.ts";
import { Budget } from "./budget.ts";

/** What the checks before reading need to know of a file. */
interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly size: number;
}

/** How a file is read. */
export interface ReadSettings {
  readonly maxFileBytes: number;
  /** Whether the thread waits for the disk: a thread of many does so at half the cost. */
  readonly blocking?: boolean;
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
  { maxFileBytes, blocking = false }: ReadSettings,
  use: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  if (source.kind === "raw") return await use(source.data);
  const { path } = source;
  const size = checkedSize(path, name, maxFileBytes);
  return await heldBytes.run(size, async () => {
    let bytes;
    try {
      bytes = blocking ? Deno.readFileSync(path) : await Deno.readFile(path);
    } catch (error) {
      throw unreadable(error, path, name);
    }
    return await use(bytes);
  });
}

function checkedSize(path: string, name: string, maxFileBytes: number): number {
  let facts;
  try {
    facts = Deno.statSync(path);
  } catch (error) {
    throw unreadable(error, path, name);
  }
  checkImageFile(facts, path, name, maxFileBytes);
  return facts.size;
}

/** @throws {BadImage} saying why the file cannot hold an image */
export function checkImageFile(
  { isFile, isDirectory, size }: FileFacts,
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
export function unreadable(error: unknown, path: string, name: string): BadImage {
  const missing = error instanceof Deno.errors.NotFound ||
    (error as { code?: string }).code === "ENOENT"; // as Node's functions say it
  const reason = missing
    ? "there is no such file; unpack the data set again or take the image out of its list"
    : `it cannot be read (${(error as Error).message})`;
  return new BadImage(name, `${reason} (${path})`, { cause: error });
}
