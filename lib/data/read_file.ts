/**
 * Reads the files of a data set with a limit on their size, so that a device, a pipe or a file of
 * another kind is refused by name before it fills the memory.
 */
import { gunzipSync } from "node:zlib";
import { errorCode, readFile, stat } from "../util/platform.ts";
import { DataError } from "./data_error.ts";

/** No list, archive or file of names is larger: 4 GiB, the longest array there is. */
const MAX_BYTES = 2 ** 32;
/** Lists and files of names: a line for each of ten million images. */
const MAX_TEXT_BYTES = 2 ** 30;
/** How much a gzip file may grow. MNIST's images grow to 5 times their size. */
const MAX_GROWTH = 64;
/** What any gzip file may grow to, since a few bytes of header can stand for many equal labels. */
const MIN_UNPACKED = 2 ** 24;

/**
 * A whole file.
 * @param checkSize called with the number of bytes before any is read; it may throw
 * @throws {DataError} naming a file that is missing, no regular file, too large or not readable
 */
export async function readBytes(
  path: string,
  checkSize: (bytes: number) => void = () => {},
  maxBytes = MAX_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const { isFile, isDirectory, size } = await explained(path, () => stat(path));
  if (!isFile) {
    throw new DataError(`${path} is a ${isDirectory ? "folder" : "pipe or a device"}, not a file`);
  }
  if (size > maxBytes) {
    throw new DataError(`${path} has ${size} bytes; at most ${maxBytes} can be read`);
  }
  checkSize(size);
  return await explained(path, () => readFile(path));
}

/**
 * The lines of a text file in UTF-8, without a byte-order mark and without line ends, LF or CRLF.
 * @throws {DataError} also naming the first line that is not UTF-8
 */
export async function readLines(path: string): Promise<string[]> {
  const bytes = await readBytes(path, undefined, MAX_TEXT_BYTES);
  const split = (text: string) => text.split(/\r?\n/);
  try {
    return split(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const line = split(new TextDecoder().decode(bytes)).findIndex((text) =>
      text.includes("\ufffd")
    );
    throw new DataError(`${path}:${line + 1}: the text is not UTF-8; save the file as UTF-8`);
  }
}

/**
 * What a gzip file holds; any other bytes are returned as they are.
 * @throws {DataError} naming a file that is damaged or grows to more than 64 times its size
 */
export function unpack(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const limit = Math.min(MAX_BYTES, Math.max(MIN_UNPACKED, MAX_GROWTH * bytes.length));
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    const reason = code === "ERR_BUFFER_TOO_LARGE"
      ? `it grows to more than ${limit} bytes from ${bytes.length}; unpack it with gunzip first`
      : `${message}; get a new copy of it`;
    throw new DataError(`${path} cannot be unpacked: ${reason}`);
  }
}

/** Does something with a path and says why it failed. @throws {DataError} naming the path */
export async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DataError(`${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") {
    return "its permissions, or those of a folder above it, do not allow it";
  }
  if (code === "NotCapable") return "Deno runs without --allow-read for it";
  return error instanceof Error ? error.message : String(error);
}
