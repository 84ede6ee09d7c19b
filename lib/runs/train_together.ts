import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { chooseBackend } from "../backend/backend_choice.ts";
import { defaultThreads } from "../kernels/default_threads.ts";
import { exists, projectRoot } from "../util/files.ts";
import { nameNonFinite } from "../util/non_finite_json.ts";
import { deno, nodeModule } from "../util/platform.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import type { RunOrigin } from "./run_store.ts";

const configPath = join(projectRoot, "deno.json");

/** What a process tells of the training at hand. */
export interface ToldOfTraining {
  /** How many images it has gone through. */
  readonly done?: number;
  /** It has ended, and the run is in the store. */
  readonly origin?: RunOrigin;
  /** Where the run is kept. */
  readonly path?: string;
  /** It has failed, and why. */
  readonly failed?: string;
}

/** One configuration to train. */
interface Planned {
  readonly configuration: RunConfiguration;
  readonly path: string;
}

/**
 * Trains configurations that the store lacks, so that they are loaded afterwards. Several trainings go on at a
 * time, each in a process of its own on one thread, the longest first: two trainings on one thread each end sooner
 * than one after the other on two, with the same bits. Trainings on the native TensorFlow, whose bits depend on
 * the threads, and those that need images for a teacher, are made here one after the other, with all threads.
 * A training that diverges is a result like any other.
 * @param onProgress told of the images that all trainings together have gone through
 * @param processes how many at a time, default: as many as the kernels would have threads
 * @returns where each run came from; a configuration that is given several times counts once
 * @throws Error naming the training that failed; the others are ended then, and go on next time
 */
export async function trainTogether(
  experiment: Pick<Experiment, "data" | "store" | "parameters">,
  configurations: readonly RunConfiguration[],
  onProgress?: OnProgress,
  processes: number = Math.min(defaultThreads(), navigator.hardwareConcurrency),
): Promise<{ readonly origin: RunOrigin }[]> {
  const { data, store } = experiment, origins: { readonly origin: RunOrigin }[] = [];
  const byPath = new Map<string, Planned>();
  for (const configuration of configurations) {
    const path = await store.path(configuration, data);
    byPath.set(path, { configuration, path });
  }
  const planned: Planned[] = [];
  for (const one of byPath.values()) {
    if (await store.load(one.configuration, data)) origins.push({ origin: "loaded" });
    else planned.push(one);
  }
  const all = planned.sort((a, b) => b.configuration.epochs - a.configuration.epochs);
  const canStart = processes > 1 && await canStartProcesses();
  const isApart = ({ configuration }: Planned) => canStart && runsApart(configuration);
  const apart = all.filter(isApart), here = all.filter((one) => !isApart(one));
  const images = ({ configuration }: Planned) => configuration.epochs * data.train.length;
  const sum = (some: readonly Planned[]) => some.reduce((total, one) => total + images(one), 0);
  const joined = new JoinedProgress(sum(all), onProgress);
  if (apart.length > 0) {
    const told = joined.part(sum(apart));
    origins.push(...await trainApart(experiment, apart, processes, told));
  }
  for (const one of here) {
    const { origin } = await store.loadOrTrain(one.configuration, data, {
      ...{ continueAtBrokenLoss: true, onProgress: joined.part(images(one)) },
    });
    origins.push({ origin });
  }
  return origins;
}

/** Where this module runs as a file of a checkout: a package has no configuration that a process would find. */
async function canStartProcesses(): Promise<boolean> {
  return deno !== undefined && import.meta.url.startsWith("file:") && await exists(configPath);
}

/** Whether a training has the same bits in a process with one thread. */
function runsApart({ system, teacher, backend }: RunConfiguration): boolean {
  return !teacher && (system === "numpy" || chooseBackend(backend) === "kernels");
}

async function trainApart(
  { data, parameters }: Pick<Experiment, "data" | "parameters">,
  planned: readonly Planned[],
  processes: number,
  onProgress: OnProgress,
): Promise<{ readonly origin: RunOrigin }[]> {
  const waiting = [...planned], origins: { readonly origin: RunOrigin }[] = [];
  const epochs = planned.reduce((sum, { configuration }) => sum + configuration.epochs, 0);
  const total = epochs * data.train.length, done = new Map<Planned, number>();
  const tell = () =>
    onProgress(
      done.values().reduce((a, b) => a + b, 0),
      total,
      `${origins.length} of ${planned.length} trainings are done`,
    );
  await tell(); // from now on the listener can stop it
  const { spawn } = nodeModule("node:child_process");
  const children = Array.from({ length: Math.min(processes, planned.length) }, () => {
    const child = spawn(deno!.execPath(), processArguments(parameters.values.dataFolder), {
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
        if (one) child.stdin.write(`${JSON.stringify(one.configuration, nameNonFinite)}\n`);
        else child.stdin.end();
      };
      next();
      for await (const line of createInterface({ input: child.stdout })) {
        const told: ToldOfTraining = JSON.parse(line);
        if (told.failed !== undefined) throw new Error(`${nameOf(one!)}: ${told.failed}`);
        const { epochs } = one!.configuration;
        done.set(one!, told.done ?? epochs * data.train.length);
        await tell();
        if (told.origin === undefined) continue;
        if (told.path !== one!.path) {
          throw new Error(`${nameOf(one!)} was trained on other images: ${told.path}`);
        }
        origins.push({ origin: told.origin });
        one = waiting.shift();
        next();
      }
      if (!one) return;
      await tell(); // a Stop may have ended it too
      throw new Error(`the process of ${nameOf(one)} ended before the training did: ${await end}`);
    });
    await Promise.race([Promise.all([...talks]), ticking(), ...children.map(startOf)]);
  } finally {
    isOver = true;
    for (const child of children) child.kill("SIGKILL");
  }
  return origins;
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

function nameOf({ configuration: { system, epochs, seed } }: Planned): string {
  return `the training of ${system} for ${epochs} epochs with seed ${seed}`;
}

function processArguments(dataFolder: string | undefined): string[] {
  return [
    ...["run", "--quiet", "--no-prompt", "--config", configPath],
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi"],
    fileURLToPath(new URL("./training_process.ts", import.meta.url)),
    JSON.stringify(dataFolder ?? null),
  ];
}
