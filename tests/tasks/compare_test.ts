import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { compareResults } from "../../tasks/compare.ts";
import { projectRoot } from "../../lib/util/files.ts";

/** A folder of results with these files. */
async function results(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  return folder;
}

const good = {
  "table.json": '{"rows":[{"top1":0.18,"n":3},{"top1":0.2}]}\n',
  "table.md": "| a |\n| - |\n| 0.18 |\n",
  "tiny50/figure.svg": "<svg/>",
  "figure.png": "12345",
  "timings/speed.json": "1",
  "runs/key.safetensors": "1",
};

async function compared(other: Readonly<Record<string, string>>) {
  const folders = [await results(good), await results(other)] as const;
  try {
    const found = await compareResults(...folders);
    return {
      ...found,
      differences: found.differences.map((text) =>
        text.replace(folders[0], "A").replace(folders[1], "B")
      ),
    };
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("results with the same bytes are the same, whatever the clock and the kept trainings say", async () => {
  const other = { ...good, "timings/speed.json": "2", "runs/key.safetensors": "2", ".new/x": "1" };
  assert.deepEqual(await compared(other), { same: 4, differences: [] });
});

Deno.test("each file that differs or is missing is named, with the first value that differs", async () => {
  const { "table.md": _, ...others } = good;
  const { same, differences } = await compared({
    ...others,
    "table.json": good["table.json"].replace("0.2}", "0.21}"),
    "tiny50/figure.svg": "<svg></svg>",
    "figure.png": "12346",
    "new.md": "",
  });
  assert.equal(same, 0);
  assert.deepEqual(differences, [
    "figure.png differs: 5 and 5 bytes",
    "new.md is only in B",
    "table.json differs: rows.1.top1 is 0.2 and 0.21",
    "table.md is only in A",
    "tiny50/figure.svg differs: line 1: <svg/> and <svg></svg>",
  ]);
  const spaced = await compared({ ...good, "table.json": good["table.json"].trim() });
  assert.deepEqual(spaced.differences.length, 1, "other bytes of the same values");
});

Deno.test("compare ends with status 1 where files differ, and refuses a folder compared with itself", async () => {
  const folders = [await results(good), await results({ ...good, "figure.png": "" })] as const;
  const compare = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-read", "--allow-env", "tasks/compare.ts", ...args],
      ...{ cwd: projectRoot, env: { NO_COLOR: "1" } },
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  try {
    const different = await compare(...folders);
    assert.equal(different.code, 1);
    assert.match(different.text, /figure\.png differs[^]*3 files are the same, 1 are not/);
    const itself = await compare(folders[0], folders[0]);
    assert.notEqual(itself.code, 0);
    assert.match(itself.text, /are the same folder/);
    assert.match((await compare(folders[0], "/nowhere")).text, /there is no folder \/nowhere/);
    const file = join(folders[1], "table.md");
    assert.match((await compare(folders[0], file)).text, /there is no folder .*table\.md\n$/);
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
});
