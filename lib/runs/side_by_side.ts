/**
 * Pieces of work that several processes do at a time, each on one thread. Two trainings that go on at a time, on
 * one thread each, end sooner than one after the other on two threads, and have the same bits.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { chooseBackend } from "../backend/backend_choice.ts";
import { defaultThreads } from "../kernels/default_threads.ts";
import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import type { RunData } from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import { imageKeys } from "./run_key.ts";
import { canStartProcesses, endOf, startFailure, startProcess } from "./one_thread_process.ts";
import { fromLine, toLine, type WorkMessage } from "./side_by_side_lines.ts";

/** What works are about: an experiment, or the images alone. With these all works are done in this process. */
export type Subject =
  | Pick<Experiment, "data" | "store" | "parameters">
  | { readonly data: RunData; readonly parameters?: undefined };

/** The listeners of a piece of work. */
export interface Telling {
  /** Told how far the work has come, in units of its own. */
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
  /** The function. It takes an experiment, listeners and `args`. */
  // deno-lint-ignore no-explicit-any
  readonly run: (subject: any, telling: Telling, ...args: any[]) => Promise<Result>;
  /** Further arguments. They are copied for the process, as `structuredClone` does it. */
  readonly args: readonly unknown[];
  /** How much work it is, in units of progress that all works share. */
  readonly units: number;
  /** Whether it has the same bits on one thread. Otherwise it is done in this process. */
  readonly isApart: boolean;
}

/** How works are done. */
export interface SideBySideOptions {
  /** Told of the units that are done, of those of all works. */
  readonly onProgress?: OnProgress | undefined;
  /** Told of what a work has found so far. */
  readonly onPart?: (part: unknown) => void | Promise<void>;
  /** How many processes there are at a time; default: see `defaultProcesses`. */
  readonly processes?: number;
}

/**
 * How many processes there are at a time: one for each thread that may be used. If these are all cores, it is one
 * more, so that no core rests while the longest work ends.
 */
export function defaultProcesses(): number {
  const threads = defaultThreads(), cores = navigator.hardwareConcurrency;
  return threads > 1 && threads >= cores ? cores + 1 : Math.min(threads, cores);
}

/** Whether a training has the same bits on one thread, and needs no images but those of the experiment. */
export function trainsApart(
  { system, teacher, backend }: Pick<RunConfiguration, "system" | "teacher" | "backend">,
): boolean {
  return !teacher && (system === "numpy" || chooseBackend(backend) === "kernels");
}

/** What is known of works under way, and who is told of it. */
interface UnderWay {
  /** Results of the works that have ended. */
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
  const underWay: UnderWay = {
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
      underWay,
      apart.sort((a, b) => b.units - a.units),
      processes,
      data,
      values.dataFolder,
    );
  }
  for (const work of works.filter((work) => !apart.includes(work))) {
    const onProgress: OnProgress = (done, total, note) => underWay.tell(work, done / total, note);
    results.set(work, await work.run(subject, { onProgress, onPart }, ...work.args));
    await underWay.tell(work, 1);
  }
  return works.map((work) => results.get(work) as Result);
}

/** Does works in processes, and ends the processes, whatever happens. */
async function doApart(
  underWay: UnderWay,
  apart: readonly Work[],
  processes: number,
  data: RunData,
  dataFolder: string | undefined,
): Promise<void> {
  const { tell } = underWay, waiting = [...apart];
  await tell(); // from now on the listener can stop it
  const children = Array.from(
    { length: Math.min(processes, apart.length) },
    () => startProcess(dataFolder),
  );
  let isOver = false;
  const ticking = async () => {
    for (; !isOver; await new Promise((resolve) => setTimeout(resolve, 500))) await tell();
  };
  try {
    const served = children.map((child) => serve(child, waiting, underWay, data));
    await Promise.race([Promise.all(served), ticking(), ...children.map(startFailure)]);
  } finally {
    isOver = true;
    for (const child of children) child.kill("SIGKILL");
  }
}

/** Gives a process one work after the other and reads its messages, until no work waits any more. */
async function serve(
  child: ChildProcessWithoutNullStreams,
  waiting: Work[],
  { results, onPart, tell }: UnderWay,
  data: RunData,
): Promise<void> {
  const end = endOf(child);
  let work = waiting.shift();
  const send = () => {
    if (!work) return child.stdin.end();
    const { module, run: { name: call }, args } = work;
    child.stdin.write(toLine({ module, call, args, images: imageKeys(data) }));
  };
  send();
  for await (const line of createInterface({ input: child.stdout })) {
    const message = fromLine(line) as WorkMessage;
    if (message.failed !== undefined) throw new Error(`${work!.name}: ${message.failed}`);
    if (message.part) await onPart(message.part[0]);
    if (message.share !== undefined) await tell(work, message.share);
    if (!message.ended) continue;
    results.set(work!, message.ended[0]);
    await tell(work, 1);
    work = waiting.shift();
    send();
  }
  if (!work) return;
  await tell(); // throws if a Stop has ended the process
  throw new Error(`the process of ${work.name} ended before the work did: ${await end}`);
}
