/**
 * Reads the files of a tar archive (POSIX ustar, and what GNU tar writes for short names) out of a stream.
 * It is bounded: a header that does not add up, a size beyond the limit, or a name that leaves the folder
 * ends it.
 */
import { DataError } from "../data_error.ts";

const BLOCK = 512;

/** A file of an archive. */
export interface ArchivedFile {
  /** As the archive has it, relative, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The regular files of an archive, one after the other. Folders are passed over.
 * @param source what error messages call the archive
 * @param limit bytes that one file may have, and sixteen times that all together
 * @throws {DataError} naming the archive, and the file in it that is refused
 */
export async function* untar(
  stream: AsyncIterable<Uint8Array>,
  source: string,
  limit: number,
): AsyncGenerator<ArchivedFile> {
  const read = reader(stream, source);
  let total = 0;
  while (true) {
    const header = await read(BLOCK);
    if (header.every((byte) => byte === 0)) return; // blocks of zeros end an archive
    const { path, size, type } = parseHeader(header, source);
    if (size > limit || (total += size) > 16 * limit) {
      throw new DataError(`${source}: ${path} has ${size} bytes, which is more than expected`);
    }
    const padded = await read(Math.ceil(size / BLOCK) * BLOCK);
    if (type === "0" || type === "\0") yield { path, bytes: padded.subarray(0, size) };
    else if (type !== "5") {
      throw new DataError(`${source}: ${path} is no file and no folder, but of type "${type}"`);
    }
  }
}

/** @throws {DataError} if a path of an archive is absolute or leaves the folder that it is unpacked to */
export function checkArchivedPath(path: string, source: string): void {
  const isOutside = path === "" || path.startsWith("/") || /^[a-z]:|[\\\0]/i.test(path) ||
    path.split("/").includes("..");
  if (isOutside) {
    throw new DataError(
      `${source} holds the path ${JSON.stringify(path)}, which leaves its folder`,
    );
  }
}

function parseHeader(header: Uint8Array, source: string) {
  const text = (start: number, length: number) => {
    const field = header.subarray(start, start + length), end = field.indexOf(0);
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
  };
  const octal = (start: number, length: number) => {
    const digits = text(start, length).trim();
    return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
  };
  let sum = 0;
  header.forEach((byte, at) => sum += at >= 148 && at < 156 ? 32 : byte);
  const size = octal(124, 12);
  if (octal(148, 8) !== sum || !Number.isSafeInteger(size)) {
    throw new DataError(`${source} is no sound tar archive: a header's checksum or size is wrong`);
  }
  const prefix = text(257, 6) === "ustar" ? text(345, 155) : "";
  const path = (prefix === "" ? "" : `${prefix}/`) + text(0, 100);
  checkArchivedPath(path, source);
  return { path, size, type: String.fromCharCode(header[156]!) };
}

/** Cuts a stream into pieces of the lengths that are asked for. */
function reader(stream: AsyncIterable<Uint8Array>, source: string) {
  const pieces = stream[Symbol.asyncIterator]();
  let left = new Uint8Array();
  return async (length: number): Promise<Uint8Array> => {
    const out = new Uint8Array(length);
    for (let have = 0; have < length;) {
      if (left.length === 0) {
        const { value, done } = await pieces.next();
        if (done) throw new DataError(`${source} is cut off`);
        left = value as Uint8Array<ArrayBuffer>;
      }
      const piece = left.subarray(0, length - have);
      out.set(piece, have);
      have += piece.length;
      left = left.subarray(piece.length);
    }
    return out;
  };
}
