import assert from "node:assert/strict";
import files from "node:fs/promises";
import { assertRejects } from "../assert.ts";
import {
  exists,
  removeParts,
  replace,
  requireRoom,
  sha256,
  writeAtomic,
  writeNew,
} from "../../lib/util/files.ts";

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

Deno.test("a new file never replaces one, on disks without links for files too", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/a/b.json`;
  const refused = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  assert.equal(await writeNew(path, "first"), true);
  assert.equal(await writeNew(path, "second"), false);
  assert.equal(await writeNew(path, "third", refused("EPERM")), false);
  assert.equal(await writeNew(`${folder}/a/c.json`, "fourth", refused("EPERM")), true);
  assert.equal(await Deno.readTextFile(path), "first");
  assert.equal(await Deno.readTextFile(`${folder}/a/c.json`), "fourth");
  const names = [...Deno.readDirSync(`${folder}/a`)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["b.json", "c.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a folder that is a link to what is not there is found before the work, not after", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.symlink(`${folder}/no disk`, `${folder}/runs`);
  for (const path of [`${folder}/runs`, `${folder}/runs/inside`]) {
    await assert.rejects(() => requireRoom(path, 100), /runs is a link to what is not there/);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("on Windows a file that somebody has open is replaced a little later", async () => {
  let calls = 0;
  const refuse = (times: number, code: string) => () =>
    calls++ < times ? Promise.reject(Object.assign(new Error(code), { code })) : Promise.resolve();
  await replace("a", "b", true, refuse(2, "EPERM"));
  assert.equal(calls, 3);
  for (const [isWindows, code] of [[false, "EPERM"], [true, "ENOENT"]] as const) {
    calls = 0;
    await assert.rejects(() => replace("a", "b", isWindows, refuse(2, code)), { code });
    assert.equal(calls, 1);
  }
});

Deno.test("sha256 of abc", async () => {
  assert.deepEqual(
    await sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("room is asked for before it is needed, and nothing is left of the question", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await requireRoom(`${folder}/new/inside`, 3_000_000);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const path of [`${folder}/file`, `${folder}/file/inside`]) {
      await assert.rejects(
        () => requireRoom(path, 1234),
        (error: Error) =>
          error.message.startsWith(`${path} has no room for the 1,234 bytes that are to be`),
      );
    }
    const { open } = files;
    // a disk that takes some bytes and then no more
    files.open = async (...given) => {
      const file = await open(...given);
      let left = 1000;
      file.write = ((buffer: Uint8Array) => {
        if (left === 0) throw new Error("No space left on device (os error 28)");
        const bytesWritten = Math.min(left, buffer.length);
        left -= bytesWritten;
        return Promise.resolve({ bytesWritten, buffer });
      }) as typeof file.write;
      return file;
    };
    try {
      await assert.rejects(() => requireRoom(folder, 5000), /5,000 bytes .*No space left/);
    } finally {
      files.open = open;
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["file"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("old parts of a file are removed, those of others and of now are not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeAtomic(`${folder}/a`, "whole");
    const parts = ["a.01234567.part", "b.01234567.part", "a.part", "a.x1234567.part"];
    for (const part of parts) await Deno.writeTextFile(`${folder}/${part}`, "");
    await removeParts(`${folder}/a`);
    assert(await exists(`${folder}/${parts[0]}`));
    await removeParts(`${folder}/a`, Date.now() + 120_000);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["a", ...parts.slice(1)].sort());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
