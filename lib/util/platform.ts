/**
 * What is of the platform: files, the environment, processes. Deno and Node.js both have Node's modules, so one
 * implementation serves both. They are asked for when they are first used, so that a page can load whatever
 * imports this module; what needs them says there that it cannot be done.
 *
 * Only Deno has locks on files, calls into libraries, and the kernel of notebooks: the files that use `deno`
 * do without it elsewhere, or say that they cannot.
 */
import type * as Fs from "node:fs";
import type * as FsPromises from "node:fs/promises";
import type * as Os from "node:os";
import type * as Path from "node:path";
import type * as ChildProcess from "node:child_process";
import type * as WorkerThreads from "node:worker_threads";
import type * as Url from "node:url";

interface NodeModules {
  readonly "node:fs": typeof Fs;
  readonly "node:fs/promises": typeof FsPromises;
  readonly "node:os": typeof Os;
  readonly "node:path": typeof Path;
  readonly "node:child_process": typeof ChildProcess;
  readonly "node:worker_threads": typeof WorkerThreads;
  readonly "node:url": typeof Url;
}

interface Process {
  readonly env: Record<string, string | undefined>;
  readonly platform: string;
  readonly execPath: string;
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
  cwd(): string;
  getBuiltinModule(name: string): unknown;
}

const process = (globalThis as { readonly process?: Partial<Process> }).process;

/** Deno's own functions; undefined in Node.js and in pages. */
export const deno: typeof Deno | undefined = (globalThis as { readonly Deno?: typeof Deno }).Deno;

/** Whether there are files, processes and threads of Node's modules: in Deno and Node.js, not in pages. */
export const hasNodeModules: boolean = typeof process?.getBuiltinModule === "function";

/**
 * A module of Node.js.
 * @throws Error in a page, which has none
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  if (!hasNodeModules) {
    throw new Error(
      `this needs ${name}, which Deno 2 and Node.js from 22.3 have and pages have not`,
    );
  }
  return process!.getBuiltinModule!(name) as NodeModules[Name];
}

const files = () => nodeModule("node:fs/promises");

/** A variable of the environment; undefined if it is not set, and in a page. */
export function environment(name: string): string | undefined {
  return process?.env?.[name];
}

/** Sets a variable of the environment of this process and of those that it starts. */
export function setEnvironment(name: string, value: string): void {
  process!.env![name] = value;
}

/** What Node.js calls the operating system: "linux", "darwin", "win32"; "" in a page. */
export const operatingSystem: string = process?.platform ?? "";

/** Where messages about the work go: whether a person sees them at once, and what writes them. */
export function standardError(): {
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
} {
  const stream = process?.stderr;
  return {
    isTerminal: stream?.isTTY === true,
    write: (text) => stream ? void stream.write(text) : console.error(text),
  };
}

/**
 * Runs the program that runs this process, `deno` or `node`, once more, with other arguments.
 * @param more variables that its environment has besides those of this process
 */
export function runProgram(
  args: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { execFile } = nodeModule("node:child_process");
  const env = { ...process!.env, ...more };
  return new Promise((resolve) => {
    const child = execFile(process!.execPath!, args, { env }, (error, stdout, stderr) => {
      const code = child.exitCode ?? 1;
      resolve({ code, stdout, stderr: stderr || (error && code !== 0 ? error.message : "") });
    });
  });
}

/** The folder that the process works in. */
export function workingFolder(): string {
  return process!.cwd!();
}

/** The path of a file's URL. */
export function pathOf(url: string | URL): string {
  return nodeModule("node:url").fileURLToPath(url);
}

/** The whole content of a file. */
export async function readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  return plainBytes(await files().readFile(path));
}

/** The whole content of a file as text in UTF-8. */
export async function readTextFile(path: string | URL): Promise<string> {
  return await files().readFile(path, "utf-8");
}

/** The same at once. */
export function readTextFileSync(path: string | URL): string {
  return nodeModule("node:fs").readFileSync(path, "utf-8");
}

/** A buffer as the plain array that it is a view of: a buffer's `slice` does not copy. */
function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/**
 * Bytes that came with this module, from wherever it was loaded: a folder, a server, or text in its place.
 * @throws Error naming the URL if there is nothing
 */
export async function readUrl(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === "file:" && hasNodeModules) return await readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be loaded: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Writes a file anew. Whoever wants it whole or not at all takes `writeAtomic`. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await files().writeFile(path, content);
}

/**
 * Reads a file at once into room that is there already.
 * @returns its bytes, or those of the room if it is larger
 */
export function readFileInto(path: string, room: Uint8Array): number {
  const { openSync, readSync, closeSync } = nodeModule("node:fs");
  const file = openSync(path, "r");
  try {
    let length = 0;
    for (let more = 1; more > 0 && length < room.length; length += more) {
      more = readSync(file, room, length, room.length - length, null);
    }
    return length;
  } finally {
    closeSync(file);
  }
}

/** Gives a file another name, in the place of what stood there. */
export async function rename(from: string, to: string): Promise<void> {
  await files().rename(from, to);
}

/** Gives a file a further name. It fails with EEXIST if the name is taken. */
export async function link(from: string, to: string): Promise<void> {
  await files().link(from, to);
}

/**
 * Removes a file, or with `recursive` a folder and all that is in it. Where there is none it fails with ENOENT, or
 * with `force` does nothing.
 */
export async function remove(
  path: string,
  options: { readonly recursive?: boolean; readonly force?: boolean } = {},
): Promise<void> {
  await files().rm(path, options);
}

/** Makes a folder and those on the way to it; one that is there already stays. */
export async function makeFolder(path: string): Promise<void> {
  await files().mkdir(path, { recursive: true });
}

/** Makes a new folder for files that are of use for a moment, whose name starts so. */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  const { join } = nodeModule("node:path");
  return await files().mkdtemp(join(nodeModule("node:os").tmpdir(), prefix));
}

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

/** What is in a folder, links not followed. */
export async function readFolder(path: string): Promise<FolderEntry[]> {
  return (await files().readdir(path, { withFileTypes: true })).map((entry) => ({
    name: entry.name,
    isFile: entry.isFile(),
    isDirectory: entry.isDirectory(),
    isSymlink: entry.isSymbolicLink(),
  }));
}

/** What can be learned of a file without reading it. */
export interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly size: number;
  /** Number of its inode. */
  readonly inode: number;
  /** Milliseconds since 1970: of the content's last change, and of the inode's. */
  readonly modified: number;
  readonly changed: number;
}

/** What stands under a path, links followed. */
export async function stat(path: string): Promise<FileFacts> {
  return factsOf(await files().stat(path));
}

/** The same at once. Deno's own function takes a quarter of the time. */
export function statSync(path: string): FileFacts {
  if (deno) {
    const { isFile, isDirectory, size, ino, mtime, ctime } = deno.statSync(path);
    return {
      isFile,
      isDirectory,
      size,
      inode: ino ?? 0,
      modified: mtime?.getTime() ?? 0,
      changed: ctime?.getTime() ?? 0,
    };
  }
  return factsOf(nodeModule("node:fs").statSync(path));
}

function factsOf(found: Fs.Stats): FileFacts {
  return {
    isFile: found.isFile(),
    isDirectory: found.isDirectory(),
    size: found.size,
    inode: found.ino,
    modified: found.mtime.getTime(),
    changed: found.ctime.getTime(),
  };
}

/** A path without links. */
export async function realPath(path: string): Promise<string> {
  return await files().realpath(path);
}

/** Why the file system refused: "ENOENT", "EACCES"; "NotCapable" where Deno's permissions did. */
export function errorCode(error: unknown): string | undefined {
  const { code, name } = (error ?? {}) as { readonly code?: string; readonly name?: string };
  return name === "NotCapable" ? name : code;
}

/** Whether something failed because there is no file or folder of that name. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === "ENOENT";
}
