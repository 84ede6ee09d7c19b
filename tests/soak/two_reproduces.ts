/**
 * Kills of `reproduce`, and two of them at once, in a copy of the project with two notebooks that take a few
 * seconds each.
 */
import { join } from "node:path";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { Rng } from "../../lib/util/rng.ts";
import type { Attacked } from "./attacks.ts";

const KILLS = 12;

/** What the notebooks leave. */
const EXPECTED = [1, 2].flatMap((i) =>
  ["", "timings/"].flatMap((folder) => ["json", "md"].map((ext) => `${folder}trial_${i}.${ext}`))
).sort();

/** A copy of the project with notebooks of its own, and nothing in its results. */
async function trialProject(): Promise<string> {
  const root = await Deno.makeTempDir();
  const copied = ["lib", "tasks", "deno.json", "deno.lock", ".venv"];
  await new Deno.Command("cp", {
    args: ["-a", ...copied.map((name) => join(projectRoot, name)), root],
  }).output();
  await Deno.symlink(
    await Deno.realPath(join(projectRoot, "node_modules")),
    join(root, "node_modules"),
  );
  for (const folder of ["notebooks", "results", "data"]) await Deno.mkdir(join(root, folder));
  for (const i of [1, 2]) {
    const source = `import { Table } from "@lenet/three-ways/report";
const results = Deno.env.get("LENET_RESULTS")!;
await new Promise((next) => setTimeout(next, 2000));
for (const folder of ["", "timings/"]) {
  const table = new Table({ title: "t", columns: [{ key: "a", label: "a" }], rows: [{ a: ${i} }] });
  await table.save(\`\${results}/\${folder}trial_${i}\`);
}`;
    const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [] };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ ...cell, source }] };
    await Deno.writeTextFile(join(root, "notebooks", `${i}_trial.ipynb`), JSON.stringify(notebook));
  }
  return root;
}

/** Every file of the results, those that are shared between runs left out. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isFile, isDirectory } of Deno.readDir(join(folder, path))) {
      if (isFile) found.push(join(path, name));
      if (isDirectory && name !== "runs" && name !== "weights") await visit(join(path, name));
    }
  };
  await visit(".");
  return found.sort();
}

function start(root: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "reproduce", "--no-native"],
    ...{ cwd: root, stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
}

/** Processes whose command line names the folder. */
async function processesOf(root: string): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "stat=,args="] }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.includes(root) && !line.startsWith("Z")).length;
}

/** First some that are killed, then one that is let be, then two at once. */
export async function twoReproduces(): Promise<Attacked[]> {
  const root = await trialProject(), results = join(root, "results");
  const rng = new Rng(3), kernels = join(root, ".cache", "jupyter", "runtime");
  try {
    let left = 0, torn = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(root);
      // reproduce itself is the child of `deno task`
      const isTask = kill % 2 === 0;
      await new Promise((next) => setTimeout(next, 1000 * rng.uniform(1, 25)));
      try {
        if (isTask) child.kill("SIGKILL");
        else await new Deno.Command("pkill", { args: ["-KILL", "-P", String(child.pid)] }).output();
      } catch {
        // it has ended before
      }
      await child.output();
      // on a busy machine an end takes its time
      for (let i = 0; i < 120 && await processesOf(root) > 0; i++) {
        await new Promise((next) => setTimeout(next, 500));
      }
      left += await processesOf(root);
      if (await exists(kernels)) left += [...Deno.readDirSync(kernels)].length;
      const files = (await filesIn(results)).filter((path) => !/(^|\/)\.|\.part$/.test(path));
      if (files.length > 0 && JSON.stringify(files) !== JSON.stringify(EXPECTED)) torn++;
    }
    const whole = await start(root).output();
    const files = await filesIn(results);
    const both = await Promise.all([start(root), start(root)].map((child) => child.output()));
    const texts = both.map(({ stderr }) => new TextDecoder().decode(stderr));
    const waited = texts.filter((text) => text.includes("Another reproduce runs")).length;
    const isExpected = (found: string[]) => JSON.stringify(found) === JSON.stringify(EXPECTED);
    const again = await filesIn(results);
    return [{
      kind: "SIGKILL of reproduce, or of its task, at a random moment",
      count: KILLS,
      outcome:
        `${left} processes or files of theirs left, ${torn} times results of both kinds; the ` +
        `next one ended with status ${whole.code} and ${files.length} of ${EXPECTED.length} files`,
      isSound: left === 0 && torn === 0 && whole.code === 0 && isExpected(files),
    }, {
      kind: "two reproduces at once",
      count: 2,
      outcome: `both ended with status ${both.map(({ code }) => code).join(" and ")}, ${waited} ` +
        `waited, ${again.length} of ${EXPECTED.length} files`,
      isSound: isExpected(again) && waited === 1 && both.every(({ code }) => code === 0),
    }];
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
