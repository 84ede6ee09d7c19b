import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { exists, sha256, writeAtomic } from "../../lib/util/files.ts";

Deno.test("a failed write leaves the old file and nothing else", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a/b.txt`;
  await writeAtomic(path, "old");
  await writeAtomic(path, new TextEncoder().encode("new"));
  assert.deepEqual(await Deno.readTextFile(path), "new");
  // renaming a file over a folder fails
  await Deno.mkdir(`${folder}/a/folder`);
  await assertRejects(() => writeAtomic(`${folder}/a/folder`, "x"));
  assert.deepEqual([...Deno.readDirSync(`${folder}/a`)].map(({ name }) => name).sort(), [
    "b.txt",
    "folder",
  ]);
  assert.deepEqual([await exists(path), await exists(`${path}/no`)], [true, false]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("sha256 of abc", async () => {
  assert.deepEqual(
    await sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
