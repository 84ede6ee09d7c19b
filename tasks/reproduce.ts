/**
 * `deno task reproduce [--data FOLDER] [--full] [--native | --no-native] [--gpu | --cpu] [--turbo]`:
 * runs every notebook through the Deno kernel and leaves tables, figures and executed notebooks.
 *
 * - default data: notebooks/*.ipynb are replaced by their executed selves, results go to results/
 * - other data (`--data` or `LENET_DATA`) and `--full`: both go to results/<name of the folder>/
 *
 * Nothing is replaced unless every notebook ran to its end.
 */
import { basename, isAbsolute, join, resolve } from "node:path";
import { exists, projectRoot } from "../lib/util/files.ts";
import { gpuChoice, nativeChoice, readArguments } from "./arguments.ts";
import { executeNotebook, notebookPaths } from "./execute.ts";
import { turboEnvironment } from "./python.ts";
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
      ...{ data: "string", full: "boolean", turbo: "boolean" } as const,
      ...{ native: "boolean", "no-native": "boolean", gpu: "boolean", cpu: "boolean" } as const,
    },
    "--data FOLDER, --full, --native, --no-native, --gpu, --cpu and --turbo",
  );
  const data = given.data ?? (Deno.env.get("LENET_DATA") || undefined);
  const { full = false, turbo = false } = given;
  const gpu = gpuChoice(given), native = nativeChoice(given);
  if (full && data) throw new SetupError("--full is about the default data; leave out the other");
  return { data: data && (isAbsolute(data) ? data : resolve(data)), full, gpu, native, turbo };
}

async function reproduce(): Promise<void> {
  const start = performance.now();
  const { data, full, gpu, native, turbo } = parseArguments(Deno.args);
  if (data && !await exists(data)) throw new SetupError(`there is no folder ${data}`);
  const isNative = await setup({ gpu, native });
  const name = data ? basename(data) : full ? "synthetic50-full" : undefined;
  const results = name ? join(projectRoot, "results", name) : join(projectRoot, "results");
  const target = name ? join(results, "notebooks") : join(projectRoot, "notebooks");
  const staged = await stage(results);
  const env: Record<string, string> = { LENET_RESULTS: staged };
  if (turbo) Object.assign(env, turboEnvironment);
  if (data) env.LENET_DATA = data;
  if (full) env.LENET_FULL = "1";
  if (native || !isNative) env.LENET_BACKEND = native ? "native" : "kernels";
  if (gpu !== undefined) env.LENET_NATIVE = gpu ? "gpu" : "cpu";
  const fresh = await Deno.makeTempDir({ prefix: "lenet-" });
  try {
    const done: string[] = [];
    for (const path of notebookPaths()) {
      done.push(await step(basename(path), () => executeNotebook(path, fresh, env)));
    }
    await Deno.mkdir(target, { recursive: true });
    for (const path of done) {
      const part = join(target, `${basename(path)}.part`); // may be on another disk
      await Deno.copyFile(path, part);
      await Deno.rename(part, join(target, basename(path)));
    }
    for (const { name, isFile } of [...Deno.readDirSync(staged)]) {
      if (isFile) await Deno.rename(join(staged, name), join(results, name));
    }
  } finally {
    await Deno.remove(fresh, { recursive: true });
    await unstage(results);
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.error(
    `\nDone in ${minutes} minutes. Tables and figures: ${results}\nNotebooks: ${target}`,
  );
}

if (import.meta.main) await main(reproduce);
