/** Results are replaced all together or not at all, and a process at a time works on them. */
import assert from "node:assert/strict";
import { assertRejects, assertStringIncludes } from "../assert.ts";
import { scriptArguments } from "../script.ts";
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { takeLock } from "../../tasks/lock.ts";
import { finishReplacing, replaceFiles } from "../../tasks/replace_files.ts";

const NAMES = ["a.md", "b.md", "sub/c.md"];

/** New files in `new/`, older ones, but for the last, in `old/`. */
async function withFiles(work: (folder: string, journal: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of NAMES) {
      await Deno.mkdir(join(folder, "new", "sub"), { recursive: true });
      await Deno.writeTextFile(join(folder, "new", name), `new ${name}`);
    }
    await Deno.mkdir(join(folder, "old"));
    for (const name of NAMES.slice(0, 2)) {
      await Deno.writeTextFile(join(folder, "old", name), `old ${name}`);
    }
    await work(folder, join(folder, "journal.json"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const replacements = (folder: string) =>
  NAMES.map((name) => ({ source: join(folder, "new", name), target: join(folder, "old", name) }));

/** Every file below `old/` with what is in it. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string) => {
    for (const { name, isFile } of Deno.readDirSync(join(folder, "old", path))) {
      if (!isFile) visit(join(path, name));
      else found[join(path, name)] = Deno.readTextFileSync(join(folder, "old", path, name));
    }
  };
  visit(".");
  return found;
}

const before = { "a.md": "old a.md", "b.md": "old b.md" };
const after = { "a.md": "new a.md", "b.md": "new b.md", "sub/c.md": "new sub/c.md" };

Deno.test("all files are replaced, and nothing else is left", () =>
  withFiles(async (folder, journal) => {
    await replaceFiles(replacements(folder), journal);
    assert.deepEqual(contents(folder), after);
    assert.deepEqual(await finishReplacing(journal), false);
  }));

Deno.test("if one place cannot be written, nothing is replaced", () =>
  withFiles(async (folder, journal) => {
    await Deno.mkdir(join(folder, "old", "sub", "c.md", "in the way"), { recursive: true });
    const error = await assertRejects(() => replaceFiles(replacements(folder), journal));
    assertStringIncludes(error.message, `${join(folder, "old", "sub", "c.md")} cannot be replaced`);
    assert.deepEqual(contents(folder), before);
    assert.deepEqual(await finishReplacing(journal), false);
  }));

Deno.test("if one place becomes a folder in the middle, the others get their old files back", () =>
  withFiles(async (folder, journal) => {
    const { rename } = Deno, last = join(folder, "old", "sub", "c.md");
    Deno.rename = async (from, to) => {
      if (to === last) throw new Deno.errors.PermissionDenied("simulated");
      await rename(from, to);
    };
    try {
      const error = await assertRejects(() => replaceFiles(replacements(folder), journal));
      assertStringIncludes(error.message, `${last} cannot be replaced: simulated`);
    } finally {
      Deno.rename = rename;
    }
    assert.deepEqual(contents(folder), before);
    assert.deepEqual(await finishReplacing(journal), false);
  }));

Deno.test("a process that is killed while it replaces: the next start finishes or undoes it", () =>
  withFiles(async (folder) => {
    const files = new URL("../../tasks/replace_files.ts", import.meta.url).href;
    let kills = 0;
    for (let at = 1;; at++) {
      await Deno.remove(join(folder, "old"), { recursive: true });
      await Deno.mkdir(join(folder, "old"));
      for (const [name, text] of Object.entries(before)) {
        await Deno.writeTextFile(join(folder, "old", name), text);
      }
      // dies by SIGKILL at its `at`-th change of a file
      const script = `
        import { replaceFiles } from "${files}";
        let left = ${at};
        for (const name of ["rename", "remove", "copyFile", "link", "writeTextFile"]) {
          const own = Deno[name];
          Deno[name] = (...args) => {
            if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
            return own.apply(Deno, args);
          };
        }
        await replaceFiles(${JSON.stringify(replacements(folder))}, "${folder}/journal.json");`;
      const { code } = await new Deno.Command(Deno.execPath(), {
        args: scriptArguments(script),
        cwd: projectRoot,
        stderr: "null",
      }).output();
      await finishReplacing(join(folder, "journal.json"));
      const found = Object.fromEntries(
        Object.entries(contents(folder)).filter(([name]) => !name.endsWith(".part")),
      );
      const text = (files: object) => JSON.stringify(Object.entries(files).sort());
      const isOld = text(found) === text(before), isNew = text(found) === text(after);
      assert(isOld || isNew, `killed at change ${at}: ${JSON.stringify(found)}`);
      if (code === 0) break;
      kills++;
    }
    assert(kills >= 10, `only ${kills} kills`);
  }));

Deno.test("a lock is waited for, says who has it, and is free when its holder is killed", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "a", "lock");
  const script = `
    import { takeLock } from "${new URL("../../tasks/lock.ts", import.meta.url).href}";
    await takeLock("${path}", () => {});
    console.log("taken");
    await new Promise((end) => setTimeout(end, 60_000));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: scriptArguments(script),
    cwd: projectRoot,
    stdout: "piped",
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "taken");
    await reader.cancel();
    const told: string[] = [];
    const lock = takeLock(path, (holder) => {
      told.push(holder);
      child.kill("SIGKILL");
    });
    (await lock)[Symbol.dispose]();
    assert.deepEqual(told.length, 1);
    assertStringIncludes(told[0]!, `process ${child.pid}, since `);
    using _again = await takeLock(path, () => assert.fail("nobody has it"));
  } finally {
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
});
