import assert from "node:assert/strict";

/** Runs `body`; fails when it opens, on this thread, a file whose path contains `part`. */
export async function withoutOpening(part: string, body: () => Promise<void>): Promise<void> {
  const { openSync, readFile } = Deno;
  const check = (path: string | URL) => assert(!String(path).includes(part), `${path} is opened`);
  Deno.openSync = (path, options) => {
    check(path);
    return openSync(path, options);
  };
  Deno.readFile = (path, options) => {
    check(path);
    return readFile(path, options);
  };
  try {
    await body();
  } finally {
    Object.assign(Deno, { openSync, readFile });
  }
}
