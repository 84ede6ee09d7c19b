/** Links, pipes and permissions: nothing outside of the data folder is looked at. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects, assertStringIncludes } from "../assert.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { readBytes } from "../../lib/data/read_file.ts";
import { openNoting, withFiles } from "./files.ts";

const list = (folder: string) => ({
  [`${folder}/images/a/1.png`]: "",
  [`${folder}/images/a/2.png`]: "",
  [`${folder}/images/a/3.png`]: "",
  [`${folder}/train.txt`]: "images/a/1.png 0\n",
  [`${folder}/val.txt`]: "images/a/2.png 0\n",
  [`${folder}/test.txt`]: "images/a/3.png 0\n",
});
const tree = (folder: string) => ({
  [`${folder}/train/a/1.png`]: "",
  [`${folder}/val/a/2.png`]: "",
  [`${folder}/test/a/3.png`]: "",
});

Deno.test("an image that is a link out of the data folder is refused, unless links are followed", async () => {
  await withFiles({ ...list("data"), "secret.png": "" }, async (folder) => {
    const data = join(folder, "data"), image = join(data, "images/a/2.png");
    await Deno.remove(image);
    await Deno.symlink("../../../secret.png", image);
    const { message } = await assertRejects(() => openDataset(data), DataError, "val.txt:1:");
    assertStringIncludes(message, "outside of the data folder");
    const { dataset } = await openNoting(data, true);
    assert.equal(dataset.splits.val.length, 1);
  });
});

Deno.test("a folder that is a link out of the data folder is refused", async () => {
  await withFiles({ ...list("data"), "other/1.png": "" }, async (folder) => {
    const data = join(folder, "data");
    await Deno.symlink(join(folder, "other"), join(data, "images/b"));
    await Deno.writeTextFile(join(data, "val.txt"), "images/b/1.png 0\n");
    await assertRejects(
      () => openDataset(data),
      DataError,
      "val.txt:1: the image images/b/1.png is not read: it is a link",
    );
  });
});

Deno.test("a list that is a link out of the data folder is refused, and nothing of it is shown", async () => {
  await withFiles({ ...list("data"), "secret.txt": "password" }, async (folder) => {
    const data = join(folder, "data");
    await Deno.remove(join(data, "val.txt"));
    await Deno.symlink(join(folder, "secret.txt"), join(data, "val.txt"));
    const { message } = await assertRejects(
      () => openDataset(data),
      DataError,
      "val.txt is not read",
    );
    assert(!message.includes("password"), message);
  });
});

Deno.test("links inside of the data folder are followed, and the data folder may be a link itself", async () => {
  await withFiles(list("data"), async (folder) => {
    const data = join(folder, "data");
    await Deno.symlink("1.png", join(data, "images/a/again.png"));
    await Deno.symlink("images", join(data, "pictures"));
    await Deno.writeTextFile(join(data, "val.txt"), "images/a/again.png 0\npictures/a/2.png 0\n");
    await Deno.symlink(data, join(folder, "link"));
    const { dataset, notices } = await openNoting(join(folder, "link"));
    assert.equal(dataset.splits.val.length, 2);
    assert.equal(notices.length, 1);
    assertStringIncludes(
      notices[0]!,
      "val.txt:1: the image images/a/again.png is in train.txt:1 too",
    );
  });
});

Deno.test("a link to nothing and links in a circle are refused by name", async () => {
  await withFiles(list("data"), async (folder) => {
    const data = join(folder, "data"), image = join(data, "images/a/2.png");
    await Deno.remove(image);
    await Deno.symlink("nothing.png", image);
    await assertRejects(() => openDataset(data), DataError, "a link to a file that does not exist");
    await Deno.remove(image);
    await Deno.symlink("2.png", image);
    await assertRejects(() => openDataset(data), DataError, "a link that cannot be followed");
  });
});

Deno.test("a tree refuses links that lead out of it, to an image or to a class", async () => {
  await withFiles({ ...tree("data"), "other/1.png": "" }, async (folder) => {
    const data = join(folder, "data");
    await Deno.symlink(join(folder, "other", "1.png"), join(data, "train/a/x.png"));
    await assertRejects(
      () => openDataset(data),
      DataError,
      "train/a/x.png is not read: it is a link",
    );
    assert.equal((await openNoting(data, true)).dataset.splits.train.length, 2);
    await Deno.remove(join(data, "train/a/x.png"));
    await Deno.symlink(join(folder, "other"), join(data, "train/b"));
    await assertRejects(() => openDataset(data), DataError, "train/b is not read: it is a link");
    assert.deepEqual((await openNoting(data, true)).dataset.classes, ["a", "b"]);
  });
});

Deno.test({
  name: "pipes and devices are refused by name and nothing waits for them",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFiles(list("data"), async (folder) => {
      const data = join(folder, "data"), image = join(data, "images/a/2.png");
      await Deno.remove(image);
      const { success } = await new Deno.Command("mkfifo", { args: [image] }).output();
      assert(success);
      await assertRejects(
        () => openDataset(data),
        DataError,
        "val.txt:1: the image images/a/2.png is not read: it is a pipe",
      );
      await assertRejects(() => readBytes(image), DataError, "is a pipe or a device");
      await assertRejects(() => readBytes(data), DataError, "is a folder, not a file");
      await Deno.remove(image);
      await Deno.symlink("/dev/zero", image);
      await assertRejects(() => readBytes(image), DataError, "is a pipe or a device");
    });
  },
});

Deno.test("what may not be read says so, and not that it does not exist", async () => {
  await withFiles(list("data"), async (folder) => {
    const data = join(folder, "data");
    const child = `import { openDataset } from ${
      JSON.stringify(new URL("../../lib/data/open_dataset.ts", import.meta.url).href)
    };
      await openDataset(${
      JSON.stringify(data)
    }).catch((error) => console.log(error.name, error.message));`;
    const run = async (allowed: string[]) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          "--no-check",
          ...allowed,
          `data:application/typescript,${encodeURIComponent(child)}`,
        ],
      }).output();
      return new TextDecoder().decode(stdout);
    };
    const denied = await run(["--allow-read", `--deny-read=${join(data, "images")}`]);
    assertStringIncludes(denied, `DataError ${join(data, "images")}`);
    assertStringIncludes(denied, "Deno runs without --allow-read for it");
    await Deno.chmod(join(data, "images"), 0o000);
    const closed = Deno.uid() === 0 ? undefined : await run(["--allow-read"]);
    await Deno.chmod(join(data, "images"), 0o755);
    if (closed !== undefined) assertStringIncludes(closed, "do not allow it"); // root may read all
  });
});
