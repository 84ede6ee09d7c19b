/**
 * Pieces of work that several processes do at a time, each on one thread: two trainings on one thread each end
 * sooner than one after the other on two, and have the same bits.
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { chooseBackend } from "../backend/backend_choice.ts";
import { defaultThreads } from "../kernels/default_threads.ts";
import { exists, projectRoot } from "../util/files.ts";
import { deno, nodeModule } from "../util/platform.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import type { RunData } from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import { fromLine, imagesOf, type Told, toLine } from "./side_by_side_lines.ts";

const configPath = join(projectRoot, "deno.json");

/** What pieces of work are about: an experiment, or the images alone, with which all is done here. */
export type Subject =
  | Pick<Experiment, "data" | "store" | "parameters">
  | { readonly data: RunData; readonly parameters?: undefined };

/** Whom a piece of work tells how far it has come. */
export interface Telling {
  /** Its units are the work's own. */
  readonly onProgress: OnProgress;
  /** Told of what has been found so far. */
  readonly onPart: (part: unknown) => void | Promise<void>;
}

/** A piece of work: the call of a function. */
export interface Work<Result = unknown> {
  /** What an error calls it. */
  readonly name: string;
  /** Address of the module that exports the function by its name: its `import.meta.url`. */
  readonly module: string;
  /** Takes an experiment, whom to tell, and `args`. */
  // deno-lint-ignore no-explicit-any
  readonly run: (subject: any, telling: Telling, ...args: any[]) => Promise<Result>;
  /** Copied for the process, as `structuredClone` does it. */
  readonly args: readonly unknown[];
  /** Units of progress that it is worth. */
  readonly units: number;
  /** Whether it has the same bits in a process with one thread; else it is done here. */
  readonly isApart: boolean;
}

/** How works are done. */
export interface SideBySideOptions {
  /** Told of the units that are done, of those of all works. */
  readonly onProgress?: OnProgress | undefined;
  /** Told of what a work has found so far. */
  readonly onPart?: (part: unknown) => void | Promise<void>;
  /** How many at a time. */
  readonly processes?: number;
}

/** One more than there are cores, so that none of them rests while the longest work ends; else the threads. */
export function defaultProcesses(): number {
  const threads = defaultThreads(), cores = navigator.hardwareConcurrency;
  return threads > 1 && threads >= cores ? cores + 1 : Math.min(threads, cores);
}

/** Whether a training has the same bits in a process with one thread, and needs no other images. */
export function trainsApart(
  { system, teacher, backend }: Pick<RunConfiguration, "system" | "teacher" | "backend">,
): boolean {
  return !teacher && (system === "numpy" || chooseBackend(backend) === "kernels");
}

/** Works under way. */
interface Doing {
  /** Of the works that have ended. */
  readonly results: Map<Work, unknown>;
  readonly onPart: (part: unknown) => void | Promise<void>;
  /** Says how far a work has come, or only that time has gone by. */
  tell(work?: Work, share?: number, note?: string): Promise<void>;
}

/**
 * Does works, several at a time, each in a process of its own on one thread, the longest first. Those that would
 * have other bits there, and all of them where no process can be started, are done here one after the other.
 * @returns what each of them gave
 * @throws Error naming the work that failed; the others are ended then
 */
export async function sideBySide<Result>(
  subject: Subject,
  works: readonly Work<Result>[],
  { onProgress, onPart = () => {}, processes = defaultProcesses() }: SideBySideOptions = {},
): Promise<Result[]> {
  const total = works.reduce((sum, { units }) => sum + units, 0);
  const done = new Map<Work, number>(), results = new Map<Work, unknown>();
  const doing: Doing = {
    results,
    onPart,
    async tell(work, share = 0, note = `${results.size} of ${works.length} are done`) {
      if (work) done.set(work, Math.floor(work.units * share + 1e-9));
      await onProgress?.(done.values().reduce((a, b) => a + b, 0), total, note);
    },
  };
  const canStart = subject.parameters && processes > 1 && await canStartProcesses();
  const together = works.filter(({ isApart }) => canStart && isApart);
  const apart = together.length > 1 ? together : []; // one alone is quicker here, with all threads
  if (apart.length > 0 && subject.parameters) {
    const { data, parameters: { values } } = subject;
    await doApart(
      doing,
      apart.sort((a, b) => b.units - a.units),
      processes,
      data,
      values.dataFolder,
    );
  }
  for (const work of works.filter((work) => !apart.includes(work))) {
    const onProgress: OnProgress = (done, total, note) => doing.tell(work, done / total, note);
    results.set(work, await work.run(subject, { onProgress, onPart }, ...work.args));
    await doing.tell(work, 1);
  }
  return works.map((work) => results.get(work) as Result);
}

/** Where this module runs as a file of a checkout: a package has no configuration that a process would find. */
async function canStartProcesses(): Promise<boolean> {
  return deno !== undefined && import.meta.url.startsWith("file:") && await exists(configPath);
}

async function doApart(
  { results, onPart, tell }: Doing,
  apart: readonly Work[],
  processes: number,
  data: RunData,
  dataFolder: string | undefined,
): Promise<void> {
  const waiting = [...apart];
  await tell(); // from now on the listener can stop it
  const { spawn } = nodeModule("node:child_process");
  const children = Array.from({ length: Math.min(processes, apart.length) }, () => {
    const child = spawn(deno!.execPath(), processArguments(dataFolder), {
      env: { ...deno!.env.toObject(), LENET_THREADS: "1", NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}); // its output ends, which tells
    return child;
  });
  let isOver = false;
  const ticking = async () => {
    for (; !isOver; await new Promise((resolve) => setTimeout(resolve, 500))) await tell();
  };
  try {
    const talks = children.map(async (child) => {
      const end = endOf(child);
      let one = waiting.shift();
      const next = () => {
        if (!one) return child.stdin.end();
        const { module, run: { name: call }, args } = one;
        child.stdin.write(toLine({ module, call, args, images: imagesOf(data) }));
      };
      next();
      for await (const line of createInterface({ input: child.stdout })) {
        const told = fromLine(line) as Told;
        if (told.failed !== undefined) throw new Error(`${one!.name}: ${told.failed}`);
        if (told.part) await onPart(told.part[0]);
        if (told.share !== undefined) await tell(one, told.share);
        if (!told.ended) continue;
        results.set(one!, told.ended[0]);
        await tell(one, 1);
        one = waiting.shift();
        next();
      }
      if (!one) return;
      await tell(); // a Stop may have ended it too
      throw new Error(`the process of ${one.name} ended before the work did: ${await end}`);
    });
    await Promise.race([Promise.all([...talks]), ticking(), ...children.map(startOf)]);
  } finally {
    isOver = true;
    for (const child of children) child.kill("SIGKILL");
  }
}

/** Fails if a process cannot be started. */
function startOf(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.on("error", ({ message }) =>
      reject(
        new Error(
          `a process for trainings cannot be started: ${message}. ` +
            "Allow Deno to run itself (--allow-run), or set LENET_THREADS=1, with which the trainings are made here",
        ),
      ));
  });
}

/** How a process ended, and the end of what it complained of. */
async function endOf(child: ChildProcess): Promise<string> {
  let complaint = "";
  child.stderr!.on("data", (text) => complaint = `${complaint}${text}`.slice(-1000));
  return await new Promise((resolve) => {
    child.on("close", (code, signal) => {
      resolve(`${signal ?? `exit code ${code}`}. ${complaint.trim()}`.trim());
    });
  });
}

function processArguments(dataFolder: string | undefined): string[] {
  return [
    ...["run", "--quiet", "--no-prompt", "--config", configPath],
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi"],
    fileURLToPath(new URL("./side_by_side_process.ts", import.meta.url)),
    JSON.stringify(dataFolder ?? null),
  ];
}
