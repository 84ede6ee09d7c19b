import { assertEquals, assertRejects } from "@std/assert";
import { exists, sha256, writeAtomic } from "../../lib/util/files.ts";

Deno.test("a failed write leaves the old file and nothing else", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a/b.txt`;
  await writeAtomic(path, "old");
  await writeAtomic(path, new TextEncoder().encode("new"));
  assertEquals(await Deno.readTextFile(path), "new");
  // renaming a file over a folder fails
  await Deno.mkdir(`${folder}/a/folder`);
  await assertRejects(() => writeAtomic(`${folder}/a/folder`, "x"));
  assertEquals([...Deno.readDirSync(`${folder}/a`)].map(({ name }) => name).sort(), [
    "b.txt",
    "folder",
  ]);
  assertEquals([await exists(path), await exists(`${path}/no`)], [true, false]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("sha256 of abc", async () => {
  assertEquals(
    await sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
