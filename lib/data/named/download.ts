import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { exists } from "../../util/files.ts";
import { errorCode, makeFolder, nodeModule, remove, rename, stat } from "../../util/platform.ts";
import type { OnProgress } from "../../util/progress.ts";
import { DataError } from "../data_error.ts";
import type { RemoteFile } from "./known_dataset.ts";

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Told of the bytes that are there. */
  readonly onProgress?: OnProgress | undefined;
  /** Attempts in a row that may bring no new byte before the download is given up; default 4. */
  readonly attempts?: number;
  /** Seconds before the next attempt, doubled with each that brings nothing; default 1. */
  readonly pause?: number;
  /** Seconds without a byte after which a connection is given up; default 30. */
  readonly patience?: number;
}

/** The connection broke, or the server was busy: another attempt may succeed. */
class Interrupted extends Error {}
/** The server has no such file: another attempt would be answered alike. */
class Refused extends Error {}

/**
 * Downloads a file into a folder, unless it is there. What has come is kept in `<name>.part`; another
 * attempt, or a later call, asks for the rest only. The file gets its name when its checksum is right.
 * Proxies are those of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
 * @returns the file's path
 * @throws {DataError} naming the address and what it answered, the checksum that is wrong, or why the
 * file cannot be written
 */
export async function download(
  file: RemoteFile,
  folder: string,
  options: DownloadOptions = {},
): Promise<string> {
  const path = join(folder, file.name), part = `${path}.part`;
  const { algorithm, value } = file.checksum;
  if (await exists(path)) {
    if (await checksumOf(path, algorithm) === value) {
      await options.onProgress?.(file.bytes, file.bytes, file.name);
      return path;
    }
    throw new DataError(
      `${path} is not the file that it should be: its ${algorithm} checksum is not ${value}. Delete it`,
    );
  }
  await writing(folder, () => makeFolder(folder));
  // the bytes of an earlier call may be those of another version of the file
  let mayBeOlder = await sizeOf(part) > 0;
  while (true) {
    await fetchWhole(file, part, options);
    const found = await checksumOf(part, algorithm);
    if (found === value) break;
    await remove(part);
    if (!mayBeOlder) {
      throw new DataError(
        `${
          file.urls[0]
        } does not have the known ${algorithm} checksum ${value}, but ${found}: it has ` +
          "changed, or something between here and there changes it. Nothing of it is kept",
      );
    }
    mayBeOlder = false;
  }
  await writing(path, () => rename(part, path));
  return path;
}

/** Hexadecimal checksum of a file, which is read piece by piece. */
async function checksumOf(path: string, algorithm: "sha256" | "md5"): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of nodeModule("node:fs").createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** Attempts until the part has all bytes. */
async function fetchWhole(
  file: RemoteFile,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  const { attempts = 4, pause = 1 } = options;
  let urls = [...file.urls];
  const failures: string[] = [];
  for (let inVain = 0; await sizeOf(part) !== file.bytes;) {
    const before = await sizeOf(part), url = urls[failures.length % urls.length]!;
    try {
      await fetchRest(url, file, part, options);
    } catch (error) {
      if (!(error instanceof Interrupted || error instanceof Refused)) throw error;
      failures.push(`${url}: ${error.message}`);
      if (error instanceof Refused) urls = urls.filter((other) => other !== url);
      inVain = await sizeOf(part) > before ? 1 : inVain + 1;
      if (urls.length === 0 || inVain >= attempts) {
        const tried = [...new Set(failures)].slice(-4).join("; ");
        throw new DataError(
          `${file.name} could not be downloaded: ${tried}. What has come is kept; try again, or put the ` +
            `file into ${dirname(part)} yourself`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1000 * pause * 2 ** (inVain - 1)));
    }
  }
}

/** One attempt: asks for the bytes that are missing and appends them. */
async function fetchRest(
  url: string,
  file: RemoteFile,
  part: string,
  { onProgress, patience = 30 }: DownloadOptions,
): Promise<void> {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), 1000 * patience);
  };
  wait();
  try {
    let at = await sizeOf(part);
    if (at > file.bytes) at = 0;
    const response = await answered(url, at, stop.signal, patience);
    try {
      at = begins(response, at, file);
      const flags = await exists(part) ? "r+" : "w";
      await using to = await writing(part, () => nodeModule("node:fs/promises").open(part, flags));
      if (await sizeOf(part) > at) await writing(part, () => to.truncate(at));
      const pieces = response.body!.getReader();
      try {
        while (true) {
          wait();
          const { value } = await broken(() => pieces.read(), stop.signal, patience);
          if (value === undefined) break;
          if (at + value.length > file.bytes) {
            await to.truncate(0);
            throw new Refused(`it sends more than the ${file.bytes} bytes that the file has`);
          }
          for (let sent = 0; sent < value.length;) {
            const write = () => to.write(value, sent, value.length - sent, at + sent);
            sent += (await writing(part, write)).bytesWritten;
          }
          at += value.length;
          clearTimeout(timer);
          await onProgress?.(at, file.bytes, file.name);
        }
      } finally {
        await pieces.cancel().catch(() => {});
      }
      if (at < file.bytes && isWhole(response)) {
        await to.truncate(0);
        throw new Refused(`it sends ${at} bytes; the file has ${file.bytes}`);
      }
    } finally {
      if (response.body && !response.body.locked) await response.body.cancel().catch(() => {});
    }
    if (at < file.bytes) throw new Interrupted(`it ended after ${at} of ${file.bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws {DataError} if Deno may not use the network; Interrupted if nobody answers */
async function answered(
  url: string,
  from: number,
  signal: AbortSignal,
  patience: number,
): Promise<Response> {
  // gzip files are to come as they are
  const headers = {
    "accept-encoding": "identity",
    ...from > 0 && { range: `bytes=${from}-` },
  };
  return await broken(() => fetch(url, { headers, signal }), signal, patience);
}

/** The byte with which an answer begins. @throws Refused or Interrupted if it is not the file's rest */
function begins({ status, statusText, headers }: Response, asked: number, file: RemoteFile) {
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (range && Number(range[1]) === asked && [String(file.bytes), "*"].includes(range[2]!)) {
      return asked;
    }
    throw new Refused(`it was asked for bytes from ${asked} and sends others`);
  }
  if (status === 200) {
    const length = headers.get("content-length");
    if (length === null || Number(length) === file.bytes) return 0; // a server without ranges
    throw new Refused(`it sends ${length} bytes; the file has ${file.bytes}`);
  }
  const said = `it answers ${status} ${statusText}`.trimEnd();
  throw status >= 500 || status === 408 || status === 429
    ? new Interrupted(said)
    : new Refused(said);
}

/**
 * Whether an answer that has come to its end is taken for all that the server has: one that told no length, as the
 * page of a log-in does, which is no part of the file.
 */
function isWhole({ status, headers }: Response): boolean {
  return status === 200 && headers.get("content-length") === null;
}

/** Does something with a connection. @throws Interrupted if that breaks, or is silent for too long */
async function broken<T>(work: () => Promise<T>, signal: AbortSignal, patience: number) {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw new Interrupted(`nothing came for ${patience} seconds`);
    if (errorCode(error) === "NotCapable") {
      throw new DataError(
        `nothing is downloaded: ${(error as Error).message}, or download it with "deno task data"`,
        { cause: error },
      );
    }
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    throw new Interrupted(message + reason);
  }
}

/** Does something on disk. @throws {DataError} naming the path */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = (error as Error).message;
    throw new DataError(
      `${path} cannot be written: ${reason}. The next attempt goes on with what is there`,
      { cause: error },
    );
  }
}

async function sizeOf(path: string): Promise<number> {
  return await exists(path) ? (await stat(path)).size : 0;
}
