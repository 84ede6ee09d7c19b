/** What `reproduce` has started ends with it, however it ends: the executor, the kernel, the folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertStringIncludes } from "../assert.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { needs } from "../requirements.ts";
import { scriptArguments } from "../script.ts";

interface Started {
  readonly child: Deno.ChildProcess;
  readonly folder: string;
  readonly kernel: number;
  readonly executor: number;
}

/** A process that runs a notebook, which tells its own process number and then goes on for minutes. */
async function start(): Promise<Started> {
  const folder = await Deno.makeTempDir();
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{
      ...{ cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [] },
      source: `Deno.writeTextFileSync(${
        JSON.stringify(join(folder, "pids"))
      }, Deno.pid + " " + Deno.ppid);\nawait new Promise((end) => setTimeout(end, 300_000));`,
    }],
  };
  const path = join(folder, "slow.ipynb"), owned = join(folder, "owned");
  await Deno.writeTextFile(path, JSON.stringify(notebook));
  await Deno.mkdir(owned);
  const script = `
    import { executeNotebook } from "${new URL("../../tasks/execute.ts", import.meta.url).href}";
    await executeNotebook("${path}", "${owned}", {}, ["${owned}"]);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: scriptArguments(script),
    cwd: projectRoot,
    stderr: "piped",
    stdout: "null",
  }).spawn();
  let pids: string | undefined;
  for (let i = 0; i < 600 && !pids; i++) {
    await new Promise((next) => setTimeout(next, 100));
    pids = await Deno.readTextFile(join(folder, "pids")).catch(() => undefined);
  }
  const [kernel = 0, executor = 0] = (pids ?? "").split(" ").map(Number);
  assert(kernel > 1 && executor > 1, `the notebook did not start: ${pids}`);
  return { child, folder, kernel, executor };
}

/** Whether a process is there and no zombie. */
async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

/** Waits for the end of a process; one that goes on is killed, so that it does not hold up the test. */
async function end(pid: number): Promise<boolean> {
  for (const latest = Date.now() + 15_000; Date.now() < latest;) {
    if (!await isAlive(pid)) return true;
    await new Promise((next) => setTimeout(next, 200));
  }
  Deno.kill(pid, "SIGKILL");
  return false;
}

/** What has ended of the executor and its kernel, and what all of them wrote to the error output. */
async function afterwards({ child, kernel, executor }: Started) {
  const [isExecutorGone, isKernelGone] = await Promise.all([end(executor), end(kernel)]);
  const { code, stderr } = await child.output(); // whoever goes on would keep it open
  return { isExecutorGone, isKernelGone, code, text: new TextDecoder().decode(stderr) };
}

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  Deno.test(
    ...needs("the notebooks' Python", `after ${signal} no process, folder or traceback is left`),
    async () => {
      const started = await start(), { folder } = started;
      started.child.kill(signal);
      const { isExecutorGone, isKernelGone, text } = await afterwards(started);
      assert(isExecutorGone, "the executor went on");
      assert(isKernelGone, "the kernel went on");
      assert(!await exists(join(folder, "owned")), "the folder is left");
      assert(!text.includes("Traceback"), text);
      await Deno.remove(folder, { recursive: true });
    },
  );
}

Deno.test(
  ...needs("the notebooks' Python", "a kernel ends when its executor is killed"),
  async () => {
    const started = await start();
    Deno.kill(started.executor, "SIGKILL");
    const { isKernelGone, code, text } = await afterwards(started);
    assert(isKernelGone, "the kernel went on");
    assert.notDeepEqual(code, 0);
    assertStringIncludes(text, "slow.ipynb did not run to its end");
    await Deno.remove(started.folder, { recursive: true });
  },
);
