import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "../../fast_check.ts";
import { assertRejects } from "../../assert.ts";
import { DataError } from "../../../lib/data/data_error.ts";
import { type ArchivedFile, untar } from "../../../lib/data/named/untar.ts";
import { ZipArchive } from "../../../lib/data/named/unzip.ts";
import { withFiles } from "../files.ts";
import { tar, zip } from "./archives.ts";

const files = {
  "a/b.bin": Uint8Array.from({ length: 1300 }, (_, i) => i % 7),
  "a/empty": "",
  "c.txt": "one\ntwo\n",
};
const expected = Object.entries(files).map(([path, content]) => [
  path,
  typeof content === "string" ? new TextEncoder().encode(content) : content,
]);
const limit = 2000;

/** All files of a tar archive, which comes in pieces of some length. */
async function untarred(archive: Uint8Array, piece = 1000): Promise<ArchivedFile[]> {
  async function* stream() {
    for (let at = 0; at < archive.length; at += piece) yield archive.subarray(at, at + piece);
  }
  return await Array.fromAsync(untar(stream(), "x.tar", limit));
}

async function unzipped(archive: Uint8Array): Promise<[string, Uint8Array][]> {
  const found: [string, Uint8Array][] = [];
  await withFiles({ "x.zip": archive }, async (folder) => {
    await using zip = await ZipArchive.open(join(folder, "x.zip"), limit);
    for (const path of zip.paths) found.push([path, Uint8Array.from(await zip.read(path))]);
  });
  return found;
}

Deno.test("the files of a tar archive come back, in whatever pieces it arrives", async () => {
  for (const piece of [1, 511, 512, 10_000]) {
    const found = await untarred(tar(files), piece);
    assert.deepEqual(found.map(({ path, bytes }) => [path, bytes]), expected);
  }
});

Deno.test("the files of a ZIP archive come back", async () => {
  assert.deepEqual(await unzipped(zip(files)), expected);
});

Deno.test("a path that leaves the folder is refused in both kinds of archive", async () => {
  for (const path of ["../a", "/etc/a", "a/../../b", "C:/a", "a\\b", "a/.."]) {
    await assertRejects(() => untarred(tar({ [path]: "x" })), DataError, "leaves its folder");
    await assertRejects(() => unzipped(zip({ [path]: "x" })), DataError, "leaves its folder");
  }
});

Deno.test("what is no plain file of the expected size is refused", async () => {
  await assertRejects(() => untarred(tar({ a: "" }, "2")), DataError, 'of type "2"');
  const large = { a: new Uint8Array(limit + 1) };
  await assertRejects(() => untarred(tar(large)), DataError, "a has 2001 bytes");
  await assertRejects(() => unzipped(zip(large)), DataError, "a has 2001 bytes");
  await assertRejects(() => unzipped(zip({ a: "x" }, 1)), DataError, "a is encrypted");
});

Deno.test("an archive that is cut off is refused wherever it ends", async () => {
  const end = 1024; // of a tar archive: two blocks of zeros
  const both = [[tar(files), untarred, end], [zip(files), unzipped, 1]] as const;
  for (const [archive, read, without] of both) {
    const lengths = fc.integer({ min: 1, max: archive.length - without });
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        await assertRejects(() => read(archive.subarray(0, length)), DataError);
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("a changed byte of a ZIP archive is found or is of no consequence", async () => {
  const archive = zip(files);
  const change = fc.tuple(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(change, async ([at, by]) => {
      const changed = archive.with(at, archive[at]! ^ by);
      try {
        for (const [path, bytes] of await unzipped(changed)) {
          const same = expected.find(([name]) => name === path);
          if (same) assert.deepEqual(bytes, same[1]);
        }
      } catch (error) {
        assert(error instanceof DataError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
