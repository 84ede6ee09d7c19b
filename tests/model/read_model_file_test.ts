/** What is no regular file is refused before it is opened, whoever reads a network or its weights. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadClassifier } from "../../lib/classifier/classifier_file.ts";
import { loadModel } from "../../lib/compression/quantization/quantized_model_file.ts";
import { openNetwork } from "../../lib/formats/mod.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import { readModelFile } from "../../lib/model/read_model_file.ts";
import { loadWeights } from "../../lib/model/safetensors.ts";
import { assertRejects } from "../assert.ts";

const readers: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  loadWeights,
  loadModel,
  loadClassifier,
  openNetwork: (path) => openNetwork(path, lenet5()),
  "openNetwork of a folder": async (path) => {
    const folder = `${path}.tfjs`;
    await Deno.mkdir(folder);
    await Deno.symlink(path, join(folder, "model.json"));
    await openNetwork(folder);
  },
};

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [name, read] of Object.entries(readers)) {
  Deno.test({
    name: `${name}: a pipe and an endless device are refused, and no one waits for them`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inFolder(async (folder) => {
        const pipe = join(folder, "pipe.safetensors"),
          endless = join(folder, "endless.safetensors");
        await new Deno.Command("mkfifo", { args: [pipe] }).output();
        await Deno.symlink("/dev/zero", endless);
        for (const path of [pipe, endless]) {
          await assertRejects(() => read(path), ModelFileError, "a pipe or a device, not a file");
        }
      }),
  });

  Deno.test(`${name}: a missing file is named`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "missing.safetensors");
      await assertRejects(() => read(path), ModelFileError, "there is no such file");
    }));
}

Deno.test("a folder, and a file over the limit, are no file of weights", () =>
  inFolder(async (folder) => {
    await assertRejects(() => loadClassifier(folder), ModelFileError, "it is a folder, not a file");
    const path = join(folder, "a");
    await Deno.writeFile(path, new Uint8Array(11));
    assert.equal((await readModelFile(path, "network", 11)).length, 11);
    await assertRejects(
      () => readModelFile(path, "network", 10),
      ModelFileError,
      `${path} is not a usable network: it has 11 bytes, and 10 are the most`,
    );
  }));
