/**
 * What the documentation shows runs as it is written, from any folder, and says what it exports. notebooks_test.ts
 * checks the types of the examples.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { documentText } from "../tasks/documents.ts";
import { assertStringIncludes } from "./assert.ts";
import { withFiles } from "./data/files.ts";
import { blocksOf, entries, examples } from "./examples.ts";
import { fewImages } from "./few_images.ts";

/** Runs `deno` in another folder. */
async function deno(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const permissions = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  `--allow-ffi=${join(projectRoot, "node_modules")}`,
  "--no-prompt",
];

Deno.test("blocks of TypeScript are found in Markdown with their lines", () => {
  const text = "a\n```ts\nb;\nc;\n```\n```sh\nd\n```\n```ts\ne;\n```\n";
  assert.deepEqual(blocksOf(text), [{ line: 2, code: "b;\nc;\n" }, { line: 9, code: "e;\n" }]);
});

Deno.test("the pages' examples and those of each entry run as they are written", async (t) => {
  // one folder for all, as a reader has it who tries one after the other: the first draws images for all
  const folder = await Deno.makeTempDir();
  try {
    const data = await fewImages();
    const all = await examples();
    for (const path of ["README.md", "lib/README.md", ...entries]) {
      assert(all.some(({ where }) => where.startsWith(`${path}:`)), `${path} shows no example`);
    }
    const config = `--config=${join(projectRoot, "deno.json")}`;
    for (const [i, { where, code }] of all.entries()) {
      await t.step(where, async () => {
        const script = join(folder, `example_${i}.ts`);
        await Deno.writeTextFile(script, code);
        const args = ["run", "--no-check", config, ...permissions, script];
        const { code: status, stdout, stderr } = await deno(folder, args, { LENET_DATA: data });
        assert.equal(status, 0, stderr);
        assert(stdout.trim() !== "", "the example prints nothing");
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a project in another folder imports this one by its name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const page = await documentText("lib/README.md");
    const config = blocksOf(page, "json")[0]!.code;
    assertStringIncludes(config, "path/to/this/folder");
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      config.replace("path/to/this/folder", projectRoot).replace("auto", "manual"), // no download
    );
    await Deno.writeTextFile(
      join(folder, "main.ts"),
      `import { createSystem, lenet5 } from "@lenet/three-ways/systems";
       const system = await createSystem("numpy", lenet5(7));
       console.log((await system.predict(new Float32Array(1024), 1)).length);
       system.dispose();`,
    );
    const args = ["run", "--cached-only", "--no-check", "--allow-read", "--no-prompt", "main.ts"];
    const { stdout, stderr } = await deno(folder, args);
    assert.equal(stdout, "7\n", stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every export of the entries is documented, and no private type is in its way", async () => {
  // what /torch and /keras hand on of TensorFlow.js is documented there, and not as deno wants it
  const own = entries.filter((path) => !/\/(torch|keras)\//.test(path));
  const { code, stderr } = await deno(projectRoot, ["doc", "--lint", ...own]);
  const found = stderr.split("\n").filter((line) => /^error|^ *-->/.test(line)).join("\n");
  assert.equal(code, 0, found);
});

/** Runs a script that prints, with these permissions and no others. */
async function printed(code: string, allowed: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "main.ts"), code);
    const config = `--config=${join(projectRoot, "deno.json")}`;
    const { code: status, stdout, stderr } = await deno(folder, [
      ...["run", "--no-check", "--no-prompt", config],
      ...allowed,
      "main.ts",
    ]);
    assert.equal(status, 0, stderr);
    return stdout;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const inProject = (...names: string[]) => names.map((name) => join(projectRoot, name)).join();

const trainsAndPredicts = (system: string) => `
  import { createSystem, lenet5 } from "@lenet/three-ways/systems";
  const system = await createSystem("${system}", lenet5(50));
  const images = new Float32Array(4 * 1024), labels = Int32Array.of(0, 1, 2, 3);
  const batches = {
    samples: 4,
    length: 1,
    async *[Symbol.asyncIterator]() {
      yield { size: 4, images, labels };
    },
  };
  await system.fit(batches, { epochs: 1, optimizer: { kind: "adam", learningRate: 1e-3 } });
  console.log((await system.predict(images, 4)).length);
  system.dispose();`;

Deno.test("training and inference by hand need to read lib/ and nothing else", async () => {
  const allowed = [`--allow-read=${inProject("lib")}`];
  assert.equal(await printed(trainsAndPredicts("numpy"), allowed), "200\n");
});

/** What the table in tasks/README.md gives for image files; native code comes from these folders only. */
const forImages = (...native: string[]) => [
  "--allow-read",
  `--allow-write=${inProject(".cache")}`,
  "--allow-env",
  "--allow-sys",
  `--allow-ffi=${inProject(...native)}`,
];

for (const name of ["torch", "keras"]) {
  Deno.test(`${name} needs the permissions that tasks/README.md names`, async () => {
    const allowed = forImages("node_modules", ".native");
    assert.match(await printed(trainsAndPredicts(name), allowed), /^200$/m);
  });
}

Deno.test("images are read with the permissions that tasks/README.md names", async () => {
  const images: Record<string, Uint8Array> = {};
  for (const name of ["colour", "grey"]) {
    const jpeg = await Deno.readFile(join(projectRoot, `tests/fixtures/opencv/${name}.jpg`));
    // bytes behind the image's end, so that its pixels are in no cache
    const own = [...jpeg, ...crypto.getRandomValues(new Uint8Array(8))];
    for (const split of ["train", "val", "test"]) {
      images[`${split}/${name}/1.jpg`] = Uint8Array.from(own);
    }
  }
  await withFiles(images, async (data) => {
    const code = `
      import { loadPixels, openDataset } from "@lenet/three-ways";
      const data = await loadPixels(await openDataset(${JSON.stringify(data)}));
      console.log(data.test.pixels.length);`;
    assert.equal(await printed(code, forImages("node_modules")), `${2 * 1024}\n`);
  });
});

Deno.test("a bare deno test points to the permissions in deno.json", async () => {
  const { code, stderr } = await deno(projectRoot, ["test", "--no-check", "tests/assert_test.ts"]);
  assert.notEqual(code, 0);
  assertStringIncludes(stderr, "Did you mean to run with `-P`");
});
