import assert from "node:assert/strict";
import fs from "node:fs";
import files from "node:fs/promises";

/** Runs `body`; fails when it opens, on this thread, a file whose path contains `part`. */
export async function withoutOpening(part: string, body: () => Promise<void>): Promise<void> {
  const { openSync } = fs, { readFile } = files;
  const check = (path: unknown) => assert(!String(path).includes(part), `${path} is opened`);
  fs.openSync = (path, ...more) => {
    check(path);
    return openSync(path, ...more);
  };
  files.readFile = ((path: string, ...more: []) => {
    check(path);
    return readFile(path, ...more);
  }) as typeof readFile;
  try {
    await body();
  } finally {
    Object.assign(fs, { openSync });
    Object.assign(files, { readFile });
  }
}
