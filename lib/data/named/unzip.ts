/**
 * Reads single files out of a ZIP archive on disk, by its central directory (PKWARE's APPNOTE, sections
 * 4.3.7, 4.3.12 and 4.3.16), so that neither the archive nor what it holds lies in memory as a whole.
 * Archives in several parts, encrypted ones and ZIP64 are refused.
 */
import type { FileHandle } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";
import { crc32 } from "../../util/crc32.ts";
import { nodeModule } from "../../util/platform.ts";
import { DataError } from "../data_error.ts";
import { checkArchivedPath } from "./untar.ts";

/** One file of the directory of an archive. */
interface Entry {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where the file's own header stands. */
  readonly at: number;
}

/** An archive that is open. */
export class ZipArchive {
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(
    /** Path of the archive, for messages. */
    readonly source: string,
    file: FileHandle,
    entries: ReadonlyMap<string, Entry>,
    /** Bytes that one file may have. */
    readonly limit: number,
  ) {
    this.#file = file;
    this.#entries = entries;
  }

  /**
   * Opens an archive and reads its directory.
   * @param limit bytes that one file in it may have
   * @throws {DataError} naming what is wrong with it, or a path in it that leaves its folder
   */
  static async open(source: string, limit: number): Promise<ZipArchive> {
    const file = await nodeModule("node:fs/promises").open(source);
    try {
      return new ZipArchive(source, file, await readDirectory(file, source), limit);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The paths of all files in the archive, as it has them; folders are left out. */
  get paths(): string[] {
    return [...this.#entries.keys()].filter((path) => !path.endsWith("/"));
  }

  /** What a file holds. @throws {DataError} if there is no such file, or it is damaged or too large */
  async read(path: string): Promise<Uint8Array> {
    const entry = this.#entries.get(path);
    const refuse = (why: string) => new DataError(`${this.source}: ${path} ${why}`);
    if (entry === undefined) throw refuse("is not in the archive");
    const { method, crc, packed, size, at } = entry;
    if (size > this.limit || packed > this.limit) throw refuse(`has ${size} bytes: too many`);
    const header = await readAt(this.#file, at, 30, this.source);
    if (word(header, 0) !== 0x04034b50) throw refuse("does not stand where the directory says");
    const start = at + 30 + half(header, 26) + half(header, 28);
    const data = await readAt(this.#file, start, packed, this.source);
    let bytes: Uint8Array;
    try {
      if (method !== 0 && method !== 8) throw new Error(`it is packed by method ${method}`);
      bytes = method === 0 ? data : inflateRawSync(data, { maxOutputLength: Math.max(size, 1) });
    } catch (error) {
      throw refuse(`cannot be unpacked: ${(error as Error).message}`);
    }
    if (bytes.length !== size || crc32(bytes) !== crc) throw refuse("is damaged");
    return bytes;
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** More than any archive that is read here: names of about 40 letters, 120,000 of them. */
const MAX_DIRECTORY = 2 ** 26;

async function readDirectory(
  file: FileHandle,
  source: string,
): Promise<ReadonlyMap<string, Entry>> {
  const { size: length } = await file.stat();
  const damaged = (why: string) => new DataError(`${source} is no sound ZIP archive: ${why}`);
  // the end of the directory may be followed by a comment of up to 65,535 bytes
  const tailLength = Math.min(length, 22 + 65_535);
  const tail = await readAt(file, length - tailLength, tailLength, source);
  let end = tailLength - 22;
  while (end >= 0 && word(tail, end) !== 0x06054b50) end--;
  if (end < 0) throw damaged("it has no directory; is it complete?");
  const [count, size, start] = [half(tail, end + 10), word(tail, end + 12), word(tail, end + 16)];
  if (half(tail, end + 4) !== 0) throw damaged("it is one of several parts");
  if (start === 0xffffffff || size === 0xffffffff) throw damaged("it is ZIP64");
  if (size > MAX_DIRECTORY || start + size > length) throw damaged("its directory does not fit");
  const directory = await readAt(file, start, size, source);
  const entries = new Map<string, Entry>();
  let at = 0;
  // the count has 16 bits, and larger archives than it can tell exist
  while (at + 46 <= size && word(directory, at) === 0x02014b50) {
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => half(directory, at + field));
    const name = directory.subarray(at + 46, at + 46 + nameLength!);
    const path = new TextDecoder().decode(name);
    checkArchivedPath(path, source);
    if (half(directory, at + 8) & 1) throw damaged(`${path} is encrypted`);
    entries.set(path, {
      path,
      method: half(directory, at + 10),
      crc: word(directory, at + 16),
      packed: word(directory, at + 20),
      size: word(directory, at + 24),
      at: word(directory, at + 42),
    });
    at += 46 + nameLength! + extra! + comment!;
  }
  if (at !== size || (entries.size & 0xffff) !== count) throw damaged("its directory is cut off");
  return entries;
}

async function readAt(
  file: FileHandle,
  at: number,
  length: number,
  source: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const { bytesRead } = await file.read(bytes, have, length - have, at + have);
    if (bytesRead === 0) throw new DataError(`${source} is no sound ZIP archive: it is cut off`);
    have += bytesRead;
  }
  return bytes;
}

const half = (bytes: Uint8Array, at: number) => bytes[at]! | bytes[at + 1]! << 8;
const word = (bytes: Uint8Array, at: number) => (half(bytes, at) | half(bytes, at + 2) << 16) >>> 0;
