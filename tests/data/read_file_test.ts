import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { explained, readBytes, readLines } from "../../lib/data/read_file.ts";
import { withFiles } from "./files.ts";

Deno.test("lines come without a byte-order mark and without their ends", async () => {
  await withFiles({ "a.txt": "\ufeffone\r\ntwo\n three \n" }, async (folder) => {
    assert.deepEqual(await readLines(join(folder, "a.txt")), ["one", "two", " three ", ""]);
  });
});

Deno.test("a file over the limit is refused before it is read", async () => {
  await withFiles({ "a.bin": new Uint8Array(11) }, async (folder) => {
    const path = join(folder, "a.bin");
    assert.equal((await readBytes(path, undefined, 11)).length, 11);
    await assertRejects(() => readBytes(path, undefined, 10), DataError, "a.bin has 11 bytes;");
    await assertRejects(() => readBytes(`${path}x`), DataError, "there is no such file");
  });
});

Deno.test("a file that the system does not let anybody read is told from one that is missing", async () => {
  for (const code of ["EACCES", "EPERM"]) {
    const denied = () => Promise.reject(Object.assign(new Error(`${code}: open`), { code }));
    const message = "a.txt cannot be read: its permissions, or those of a folder above it";
    await assertRejects(() => explained("a.txt", denied), DataError, message);
  }
});
