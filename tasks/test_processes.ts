/** Runs test files in processes of their own, several side by side, and puts together what they tell. */
import { join, resolve as resolvePath } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../lib/util/files.ts";

/** How many tests went how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a process of `deno test` told, in parts. */
export interface Told {
  /** Each test with its outcome and what it printed. */
  readonly tests: string;
  /** The errors of the tests that failed. */
  readonly errors: string;
  /** The names of the tests that failed. */
  readonly failures: string;
  /** Undefined if the process ended without a closing line. */
  readonly counts: Counts | undefined;
}

const closingLine =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?.*$/gm;

/** Takes apart what a process of `deno test` printed. */
export function readTold(printed: string): Told {
  const text = printed.replaceAll(/^Warning Permissions in the config file .*\n/gm, ""); // each says it
  const closing = [...text.matchAll(closingLine)].at(-1); // a test may print such a line too
  if (!closing) return { tests: text, errors: "", failures: "", counts: undefined };
  const [passed, failed, skipped] = closing.slice(1).map((count) => Number(count ?? 0));
  const counts = { passed: passed!, failed: failed!, skipped: skipped! };
  const before = text.slice(0, closing.index),
    after = text.slice(closing.index + closing[0].length);
  const failuresAt = failed ? before.lastIndexOf("\n FAILURES \n") : -1;
  const errorsAt = failuresAt >= 0 ? before.lastIndexOf("\n ERRORS \n", failuresAt) : -1;
  if (errorsAt < 0) return { tests: before + after, errors: "", failures: "", counts };
  return {
    tests: before.slice(0, errorsAt) + after,
    errors: before.slice(errorsAt + "\n ERRORS \n".length, failuresAt).trim(),
    failures: before.slice(failuresAt + "\n FAILURES \n".length).trim(),
    counts,
  };
}

/** A process to run: `deno` with these arguments. */
export interface Job {
  readonly name: string;
  readonly args: readonly string[];
}

/** Tests files in a process, where they are the modules of one program; `folder` has room for what imports them. */
export function testingTogether(files: readonly string[], folder: string): Job {
  if (files.length === 1) return testing(files[0]!);
  const path = join(folder, `${files[0]!.replaceAll(/\W/g, "_")}_and_more_test.ts`);
  const imports = files.map((file) => {
    return `import ${JSON.stringify(pathToFileURL(resolvePath(projectRoot, file)).href)};\n`;
  });
  Deno.writeTextFileSync(path, imports.join(""));
  return testing(path, files.join(", "));
}

/** Tests a file in a process, whose types have been checked. */
export function testing(file: string, name: string = file): Job {
  return { name, args: [...denoTest, "--no-check", file] };
}

/** How a process ended, and what it printed to both outputs. */
export interface Ended {
  readonly job: Job;
  readonly code: number;
  readonly text: string;
}

/** What the tests are run with. */
export const denoTest = ["test", "-P", "--no-prompt"] as const;
/**
 * The environment of processes of `deno test`. Several run at a time, so each computes on one thread, where a second
 * would only be waited for; tests that are about threads say how many they want.
 */
export const ourEnvironment = {
  ...{ NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  LENET_THREADS: Deno.env.get("LENET_THREADS") || "1",
};

/** The variable of the environment that names a folder for what tests of several files read, and one of them makes. */
export const sharedFolder = "LENET_TESTS_FOLDER";

/**
 * Splits a list in its order, first into groups of `size`, and into smaller ones towards the end.
 * @param shares no group is larger than such a part of what is left, so that the last ones end together
 */
export function groups<T>(list: readonly T[], size: number, shares: number): T[][] {
  const made: T[][] = [];
  for (let from = 0; from < list.length; from += made.at(-1)!.length) {
    const fair = Math.max(1, Math.floor((list.length - from) / shares));
    made.push(list.slice(from, from + Math.min(size, fair)));
  }
  return made;
}

/**
 * Runs processes, several at a time, in the order of the list.
 * @param stop ends those that run, and starts no other
 * @param running those that have begun already
 * @yields each as soon as it has ended
 */
export async function* runJobs(
  jobs: readonly Job[],
  atOnce: number,
  stop: AbortSignal,
  running: Map<Job, Promise<Ended>> = new Map(),
): AsyncGenerator<Ended> {
  const waiting = jobs.values();
  while (true) {
    while (running.size < atOnce && !stop.aborted) {
      const { value: job, done } = waiting.next();
      if (done) break;
      running.set(job, runJob(job, stop));
    }
    if (running.size === 0) return;
    const ended = await Promise.race(running.values());
    running.delete(ended.job);
    yield ended;
  }
}

/** Runs one process. @param stop ends it */
export async function runJob(job: Job, stop: AbortSignal): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...job.args],
    cwd: projectRoot,
    env: ourEnvironment,
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  let text = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const part of stream) text += decoder.decode(part, { stream: true });
  };
  const outputs = Promise.all([read(child.stdout), read(child.stderr)]);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener("abort", () => {
    resolve();
    try {
      child.kill("SIGINT");
    } catch { // it has ended, by a Ctrl-C of its own, say
    }
  });
  const { code } = await child.status;
  await Promise.race([outputs, stopped]); // what the process has started may hold its outputs open
  return { job, code, text };
}

/** The files that `deno test` would find in these folders, and the files among the paths. */
export function testFiles(paths: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const full = resolvePath(projectRoot, path);
    if (!Deno.statSync(full).isDirectory) return void found.add(path);
    for (const { name, isDirectory } of Deno.readDirSync(full)) {
      if (isDirectory || /(^|[._])test\.[cm]?[jt]sx?$/.test(name)) visit(join(path, name));
    }
  };
  paths.forEach(visit);
  return [...found].sort();
}
