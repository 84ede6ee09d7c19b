/** What `deno task test` makes of its processes: the counts, the status, and an end that leaves nothing running. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { exists, projectRoot } from "../../lib/util/files.ts";
import {
  groups,
  readTold,
  runJob,
  testFiles,
  testingTogether,
} from "../../tasks/test_processes.ts";
import { assertStringIncludes } from "../assert.ts";

Deno.test("the closing line counts what deno test counted", () => {
  const counts = (text: string) => readTold(text).counts;
  assert.deepEqual(
    counts("\nok | 65 passed (3 steps) | 0 failed | 2 ignored (33s)\n"),
    { passed: 65, failed: 0, skipped: 2 },
  );
  assert.deepEqual(
    counts("FAILED | 3 passed | 2 failed (1 step) (1s)\n\nerror: Test failed\n"),
    { passed: 3, failed: 2, skipped: 0 },
  );
  assert.equal(counts("error: no"), undefined);
  assert.equal(counts("ok | 1 passed | 0 failed (1s)\nok | 2 passed | 0 failed (1s)")?.passed, 2);
});

Deno.test("every test file of the project is found, and nothing beside them", () => {
  const all = testFiles(["tests"]);
  assert(all.length > 150, `only ${all.length} files`);
  assert(all.includes("tests/tasks/test_test.ts") && !all.includes("tests/assert.ts"));
  assert.deepEqual(
    testFiles(["tests/tasks/test_test.ts", "tests/tasks"]),
    testFiles(["tests/tasks"]),
  );
});

Deno.test("groups keep the order, have no more than so many, and become single at the end", () => {
  const list = Array.from({ length: 100 }, (_, i) => i), made = groups(list, 6, 12);
  assert.deepEqual(made.flat(), list);
  const sizes = made.map(({ length }) => length);
  assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
  assert.deepEqual([sizes[0], sizes.at(-1)], [6, 1]);
  assert.deepEqual(groups(["a", "b", "c"], 6, 12), [["a"], ["b"], ["c"]]);
});

const script = `
  import { main } from "${new URL("../../tasks/run.ts", import.meta.url).href}";
  import { runTests } from "${new URL("../../tasks/test.ts", import.meta.url).href}";
  await main(() => runTests(Deno.args));`;

/** Those of the task. */
const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-run"];

/** Starts the tests of some files, whose setup is done. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  work: (folder: string, child: Deno.ChildProcess) => Promise<void>,
  ...more: string[]
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, code] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), code);
    }
    await Deno.writeTextFile(join(folder, "run.ts"), script);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, "--no-check", join(folder, "run.ts"), folder, ...more],
      ...{ cwd: projectRoot, env: { NO_COLOR: "1" }, stdout: "piped", stderr: "piped" },
    }).spawn();
    await work(folder, child);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What comes of tests, from the start to the end. */
async function tested(files: Readonly<Record<string, string>>, ...more: string[]) {
  let result = { code: -1, stdout: "", stderr: "" };
  await withFiles(files, async (_, child) => {
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    result = { code, stdout: text(stdout), stderr: text(stderr) };
  }, ...more);
  return result;
}

const good = `Deno.test("good", () => {}); Deno.test({ name: "left out", ignore: true, fn() {} });`;
const bad = `Deno.test("good too", () => {});
  Deno.test("bad", () => { console.log("ok | 9 passed | 0 failed (1s)"); throw new Error("so bad"); });`;

const ends = `import process from "node:process";
  Deno.test("ends", () => { process.kill(process.pid, "SIGKILL"); });`;

Deno.test("files that pass are counted together", async () => {
  const { code, stdout, stderr } = await tested({ "a_test.ts": good, "b_test.ts": good });
  assert.equal(code, 0, stderr);
  assert(stdout.endsWith("\n2 passed, 0 failed, 2 skipped\n"), stdout);
});

Deno.test("files that share a process are counted together, and a failure names its own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = Object.entries({ "a_test.ts": good, "b_test.ts": bad }).map(([name, code]) => {
      Deno.writeTextFileSync(join(folder, name), code);
      return join(folder, name);
    });
    const job = testingTogether(files, folder);
    const { text } = await runJob(job, new AbortController().signal);
    const { counts, failures } = readTold(text);
    assert.deepEqual(counts, { passed: 2, failed: 1, skipped: 1 });
    assert.match(failures, /^bad => .*b_test\.ts:2/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a test that fails, or ends its process, gives the status 1, and is told at the end", async () => {
  const files = { "a_test.ts": bad, "b_test.ts": good, "c_test.ts": ends };
  const { code, stdout, stderr } = await tested(files);
  assert.equal(code, 1);
  assert(stdout.endsWith("\n2 passed, 1 failed, 1 skipped\n"), stdout);
  const [before, errors] = stdout.split("\n ERRORS \n") as [string, string];
  assert.match(before, /^good too \.\.\. ok/m);
  assert.match(errors, /Error: so bad[^]*\n FAILURES \n\nbad => .*a_test\.ts:2/);
  assert.match(stderr, /did not come to the end of their tests: .*c_test\.ts/);
});

Deno.test("arguments of deno test count, and a failure does too", async () => {
  const { code, stdout } = await tested({ "a_test.ts": bad, "b_test.ts": good }, "--no-check");
  assert.equal(code, 1);
  assert(stdout.endsWith("\n2 passed, 1 failed, 1 skipped\n"), stdout);
});

Deno.test("a file with a wrong type is no success", async () => {
  const { code, stdout } = await tested({ "a_test.ts": `const a: string = 1; console.log(a);` });
  assert.equal(code, 1);
  assertStringIncludes(stdout, "TS2322");
});

Deno.test("what failed before an interruption is told", async () => {
  const waits = `Deno.test("waits", async () => {
    await new Promise((end) => setTimeout(end, 120_000));
  });`;
  const fails = `Deno.test("fails", () => {
    throw new Error("as it is meant to");
  });`;
  const files = { "a_test.ts": fails, "b_test.ts": waits, "c_test.ts": waits };
  await withFiles(files, async (_, child) => {
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!text.includes("FAILED") && (text + piece).includes("FAILED")) child.kill("SIGINT");
      text += piece;
    }
    await child.stderr.cancel();
    assert.equal((await child.status).code, 130);
    assertStringIncludes(text, "as it is meant to");
    assertStringIncludes(text, "Of those that were:\n0 passed, 1 failed, 0 skipped");
  });
});

Deno.test("an interruption ends the processes, and no other begins", async () => {
  const waits = (path: string) =>
    `Deno.test("waits", async () => {
    await Deno.writeTextFile(import.meta.dirname + "/${path}", String(Deno.pid));
    await new Promise((end) => setTimeout(end, 120_000));
  });`;
  const names = ["a", "b", "c", "d"]; // three run at a time
  const files = Object.fromEntries(names.map((name) => [`${name}_test.ts`, waits(name)]));
  await withFiles(files, async (folder, child) => {
    const pids: number[] = [];
    for (const name of names.slice(0, 3)) {
      const path = join(folder, name);
      while (!await exists(path) || !await Deno.readTextFile(path)) {
        await new Promise((next) => setTimeout(next, 100));
      }
      pids.push(Number(await Deno.readTextFile(path)));
    }
    child.kill("SIGINT");
    assert.equal((await child.output()).code, 130);
    for (const pid of pids) assert.throws(() => Deno.kill(pid, "SIGCONT"), Deno.errors.NotFound);
    assert(!await exists(join(folder, "d")), "another has begun");
  });
});
