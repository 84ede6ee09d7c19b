/**
 * `deno task test [--no-native] [paths] [arguments of deno test]`: sets up what is missing, runs the tests, and
 * ends with a line "N passed, N failed, N skipped". Three processes run at a time: a long test file has one of its
 * own, and short ones share one. With arguments of `deno test` one process runs all, so that they mean what they
 * always do. With `--no-native` no native TensorFlow is set up, and the tests that need it are skipped where there
 * is none.
 */
import { resolve } from "node:path";
import { answerHelp } from "./arguments.ts";
import { main, SetupError } from "./run.ts";
import { setup } from "./setup.ts";
import {
  type Counts,
  denoTest,
  type Ended,
  groups,
  type Job,
  ourEnvironment,
  readTold,
  runJob,
  runJobs,
  sharedFolder,
  testFiles,
  testing,
  testingTogether,
  type Told,
} from "./test_processes.ts";
import { exists, projectRoot } from "../lib/util/files.ts";

/** Begun first, since they take longest. A long file that is not in this list makes the whole run longer, nothing else. */
const longest = [
  ...["tests/notebooks_test.ts", "tests/examples_test.ts", "tests/package/npm_test.ts"],
  ...["tests/tasks/command_line_test.ts", "tests/tasks/setup_test.ts", "tests/tasks/sweep_test.ts"],
  ...["tests/tasks/test_test.ts", "tests/tasks/execute_test.ts", "tests/kernels/builds_test.ts"],
  ...["tests/runs/side_by_side_test.ts", "tests/soak/kill_trainings_test.ts"],
];

/** These want modules that no other test has used: no backend is open, and no memory is taken. */
const alone = ["tests/backend/given_back_test.ts", "tests/backend/web_test.ts"];

/** Checks the types of all tests, and of more. A few files have their types checked by themselves. */
const typesTest = "tests/types_test.ts";

/**
 * So many short files share a process and the modules that they import, at most: half of the time of short tests goes
 * to the start of the process and to code that V8 has not compiled yet.
 */
const together = 12;

/** One more than the processors of a small machine: some tests mostly wait, for a process of theirs, say. */
const atOnce = 3;

const show = (text: string) => Deno.stdout.write(new TextEncoder().encode(text));

/** Shows the counts, as the last line, and tells whether they are those of a success. */
function close({ passed, failed, skipped }: Counts): boolean {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return passed > 0 && failed === 0;
}

/** Ends the processes that run when this one is to end. */
function stopOnSignals(): AbortController {
  const stop = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, () => stop.abort(signal));
  return stop;
}

async function inProcesses(
  files: readonly string[],
  setUp: () => Promise<unknown>,
): Promise<number> {
  const stop = stopOnSignals();
  const first = [...longest, ...alone].filter((file) => files.includes(file));
  const short = files.filter((file) => !first.includes(file) && file !== typesTest);
  const types = files.includes(typesTest)
    ? testing(typesTest)
    : { name: "types", args: ["check", "--quiet", ...files] };
  const checking = new Map([[types, runJob(types, stop.signal)]]); // it needs no set-up
  await beforeTests(setUp, stop);
  const shared = await Deno.makeTempDir();
  Deno.env.set(sharedFolder, shared);
  try {
    const grouped = groups(short, together, 2 * atOnce).map((own) => testingTogether(own, shared));
    const jobs = [...first.map((file) => testing(file)), ...grouped];
    return await runAndTell(jobs, types, checking, stop);
  } finally {
    await Deno.remove(shared, { recursive: true });
  }
}

/** Runs processes and tells what came of their tests. @returns the exit status */
async function runAndTell(
  jobs: readonly Job[],
  types: Job,
  checking: Map<Job, Promise<Ended>>,
  stop: AbortController,
): Promise<number> {
  const all: Told[] = [], broken: string[] = [];
  for await (const { job, code, text } of runJobs(jobs, atOnce, stop.signal, checking)) {
    if (stop.signal.aborted) {
      if (stop.signal.reason !== types) await show(text); // the tests that were running
      continue;
    }
    if (job === types) {
      const isTest = job.name === typesTest; // which may also find a cell that is not formatted, say
      if (code !== 0 && (!isTest || /\bTS\d+\b/.test(text))) {
        await show(text);
        stop.abort(types);
        continue;
      }
      if (!isTest) continue;
    }
    const told = readTold(text);
    const tests = told.tests.replace(/^(running \d+ tests?) from .*$/m, `$1 from ${job.name}`);
    await show(`${tests.trim()}\n\n`);
    all.push(told);
    const isExplained = told.counts && told.counts.failed > 0;
    if (!told.counts || (code !== 0 && !isExplained)) broken.push(`${job.name} (status ${code})`);
  }
  // what failed before an interruption, or beside a wrong type, is told as well
  for (const part of ["errors", "failures"] as const) {
    const found = all.map((told) => told[part]).filter((text) => text !== "");
    if (found.length > 0) await show(` ${part.toUpperCase()} \n\n${found.join("\n\n")}\n\n`);
  }
  const sum = (of: keyof Counts) => all.reduce((sum, { counts }) => sum + (counts?.[of] ?? 0), 0);
  if (stop.signal.aborted) console.log("Not all tests were run. Of those that were:");
  const isFine = close({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") });
  if (stop.signal.aborted) return stop.signal.reason === types ? 1 : 130;
  if (broken.length > 0) {
    throw new SetupError(`These did not come to the end of their tests: ${broken.join(", ")}`);
  }
  return isFine ? 0 : 1;
}

/** Sets up while something runs that is ended if this fails or is interrupted. */
async function beforeTests(setUp: () => Promise<unknown>, stop: AbortController): Promise<void> {
  const end = () => Deno.exit(130);
  stop.signal.addEventListener("abort", end);
  try {
    await setUp();
  } catch (error) {
    stop.signal.removeEventListener("abort", end);
    stop.abort();
    throw error;
  }
  stop.signal.removeEventListener("abort", end);
}

async function inOneProcess(args: readonly string[]): Promise<number> {
  const paths = args.some((arg) => !arg.startsWith("-")) ? [] : ["tests/"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...denoTest, ...args, ...paths],
    ...{ cwd: projectRoot, env: ourEnvironment, stdin: "null", stdout: "piped" },
  }).spawn();
  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000);
  }
  const { code } = await child.status;
  const { counts } = readTold(tail);
  if (!counts) throw new SetupError("deno test ended without a summary");
  return close(counts) ? code : code || 1;
}

/**
 * Runs tests and shows what comes of them.
 * @param args paths of tests, none for all; or arguments of `deno test`
 * @param setUp makes what the tests need; types are checked meanwhile
 * @returns the exit status
 */
export async function runTests(
  args: readonly string[],
  setUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const paths = args.length > 0 ? args : ["tests"];
  const isThere = await Promise.all(paths.map((path) => exists(resolve(projectRoot, path))));
  const files = isThere.every(Boolean) ? testFiles(paths) : [];
  if (files.length > 0) return await inProcesses(files, setUp);
  await setUp();
  return await inOneProcess(args);
}

if (import.meta.main) {
  const option = "--no-native", args = Deno.args.filter((arg) => arg !== option);
  const native = Deno.args.includes(option) ? false : undefined;
  await main(() => {
    answerHelp("test", Deno.args, `${option}, paths of tests, and the arguments of deno test`);
    // tests that need Python are skipped, and say so
    return runTests(args, () => setup({ withoutPython: true, native }));
  });
}
