/**
 * `deno task reproduce [--data FOLDER] [--full] [--native | --no-native] [--gpu | --cpu] [--turbo]`:
 * runs every notebook through the Deno kernel and leaves tables, figures and executed notebooks.
 *
 * - default data: notebooks/*.ipynb are replaced by their executed selves, results go to results/
 * - other data (`--data` or `LENET_DATA`) and `--full`: both go to results/<name of the folder>/
 *
 * Nothing is replaced unless every notebook ran to its end; then everything is, or nothing. One process at
 * a time reproduces in a checkout: a second one waits. A process that ends, by a kill too, takes what it has
 * started with it, and the next one goes on with the trainings and the pixels that are kept.
 */
import { basename, join, relative } from "node:path";
import { ownResults } from "../lib/runs/results_name.ts";
import { knownDataset } from "../lib/data/choose_dataset.ts";
import { projectRoot, requireRoom } from "../lib/util/files.ts";
import {
  checkEnvironment,
  dataChoice,
  gpuChoice,
  nativeChoice,
  readArguments,
  requireData,
} from "./arguments.ts";
import { executeNotebook, notebookPaths } from "./execute.ts";
import { takeLock } from "./lock.ts";
import { turboEnvironment } from "./python.ts";
import { startMakingImages } from "./make_images.ts";
import { finishReplacing, replaceFiles, type Replacement } from "./replace_files.ts";
import { main, SetupError, step } from "./run.ts";
import { setup } from "./setup.ts";
import { stage, unstage } from "./stage.ts";

interface Arguments {
  readonly data: string | undefined;
  readonly full: boolean;
  readonly gpu: boolean | undefined;
  /** Whether the native TensorFlow must be there, or is left out; undefined: if possible. */
  readonly native: boolean | undefined;
  /** Whether V8's turbo flags are set for the notebooks. */
  readonly turbo: boolean;
}

/** Reads the command line. @throws SetupError naming an argument that is not understood */
export function parseArguments(args: readonly string[]): Arguments {
  const given = readArguments(
    "reproduce",
    args,
    {
      data: "string",
      full: "boolean",
      turbo: "boolean",
      native: "boolean",
      "no-native": "boolean",
      gpu: "boolean",
      cpu: "boolean",
    },
    "--data FOLDER, --full, --native, --no-native, --gpu, --cpu and --turbo",
  );
  const data = dataChoice(given.data);
  const { full = false, turbo = false } = given;
  const gpu = gpuChoice(given), native = nativeChoice(given);
  if (full && data) throw new SetupError("--full is about the default data; leave out the other");
  return { data, full, gpu, native, turbo };
}

/** Folder of the executed notebooks among what is new. */
const NOTEBOOKS = ".notebooks";

/** Bytes that must be free in each folder before the work: several times what it leaves there. */
const ROOM = 64 * 2 ** 20;

/** What asks a process to end. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** All files in a folder and the folders in it; what links lead to, and what is shared, is left out. */
function* filesIn(folder: string, shared: readonly string[] = []): Generator<string> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(folder)) {
    if (shared.includes(name)) continue;
    if (isFile) yield join(folder, name);
    if (isDirectory) yield* filesIn(join(folder, name));
  }
}

function asSetupError(error: Error): never {
  throw new SetupError(error.message);
}

/** Started by `deno task`, this process ends when that one does, by a kill, say. */
function endWithTask(): void {
  if (Deno.env.get("INIT_CWD") === undefined) return;
  const task = Deno.ppid;
  const watch = setInterval(() => {
    if (Deno.ppid !== task) Deno.exit(1);
  }, 500);
  Deno.unrefTimer(watch);
}

async function reproduce(): Promise<void> {
  const start = performance.now();
  const { data, full, gpu, native, turbo } = parseArguments(Deno.args);
  checkEnvironment();
  await requireData(data);
  endWithTask();
  using _lock = await takeLock(join(projectRoot, ".cache", "reproduce.lock"), (holder) => {
    console.error(`Another reproduce runs in this folder (${holder}). Waiting for it to end …`);
  });
  const all = join(projectRoot, "results");
  // a known data set is kept in data/, whoever gets it there
  const folder = data && (knownDataset(data) ? join(projectRoot, "data", data) : data);
  const results = folder ? ownResults(all, folder) : full ? join(all, "synthetic50-full") : all;
  const target = results === all ? join(projectRoot, "notebooks") : join(results, "notebooks");
  const journal = join(results, ".replacing.json");
  if (await finishReplacing(journal)) console.error("Finished what was cut off while it replaced.");
  for (const folder of [results, target]) await requireRoom(folder, ROOM).catch(asSetupError);
  // other images may have faults, which notebook 1 tells of
  const images = data ? undefined : startMakingImages(full ? { LENET_FULL: "1" } : {});
  const isNative = await setup({ gpu, native });
  const staged = await stage(results);
  // where trainings had to be moved into it, the next start moves them back and removes it
  const owned = Deno.lstatSync(join(staged, "runs")).isSymlink ? [staged] : [];
  for (const signal of Deno.build.os === "windows" ? stopSignals.slice(0, 1) : stopSignals) {
    Deno.addSignalListener(signal, () => {
      for (const folder of owned) Deno.removeSync(folder, { recursive: true });
      console.error(
        "\nStopped. Trainings and pixels are kept, and the next start goes on from them.",
      );
      Deno.exit(130);
    });
  }
  const env: Record<string, string> = { LENET_RESULTS: staged };
  if (turbo) Object.assign(env, turboEnvironment);
  if (data) env.LENET_DATA = data;
  if (full) env.LENET_FULL = "1";
  if (native || !isNative) env.LENET_BACKEND = native ? "native" : "kernels";
  if (gpu !== undefined) env.LENET_NATIVE = gpu ? "gpu" : "cpu";
  const fresh = join(staged, NOTEBOOKS);
  // the kernel of the next notebook starts while the one before it begins, and is at rest when that measures times
  const prepare = (path: string | undefined) => {
    if (path === undefined) return () => Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const executed = executeNotebook(path, fresh, env, owned, promise);
    executed.catch(() => {}); // told when it is waited for
    return async () => {
      resolve();
      await executed;
    };
  };
  try {
    const paths = notebookPaths();
    let execute = prepare(paths[0]);
    await images?.();
    for (const [i, path] of paths.entries()) {
      const begun = execute;
      execute = prepare(paths[i + 1]);
      await step(basename(path), begun);
    }
    const replacements = [...filesIn(staged, ["runs", "weights"])].map((source): Replacement => {
      const inside = relative(fresh, source);
      const isNotebook = !inside.startsWith("..");
      return {
        source,
        target: isNotebook ? join(target, inside) : join(results, relative(staged, source)),
      };
    });
    await replaceFiles(replacements, journal).catch(asSetupError);
  } finally {
    await unstage(results);
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.error(
    `\nDone in ${minutes} minutes. Tables and figures: ${results}\nNotebooks: ${target}`,
  );
}

if (import.meta.main) await main(reproduce);
