/**
 * `deno task search [--data FOLDER] [--second] [--turbo] [--final [--seeds N] [--epochs N] [--workers N]]`: looks for
 * the recipe with which LeNet-5 does best, on the validation images and a tenth of the training images. The space is in
 * lib/runs/search_space.ts; what was tried goes to `results/search/<data set>.json` and `.md` after each
 * training. A search that was cut off goes on where it was.
 *
 * With `--second` it goes on from what the first search chose, in a space of its own, and keeps its log in
 * `results/search/<data set>_second.json`.
 *
 * With `--final` the chosen recipe is then trained on all training images with seeds 1 to N, 5 by default, as many at
 * a time as there are workers, by default as many as cores, each on one thread. The same command goes on with
 * trainings that were cut off. Only then are the test images looked at. Their means go to `best_recipe.json` and `.md` among the data set's
 * results.
 */
import { join } from "node:path";
import { dataLabel } from "../lib/report/tables/dataset_table.ts";
import {
  bestRecipeSummary,
  bestRecipeTable,
  searchTable,
} from "../lib/report/tables/search_table.ts";
import { defaultThreads } from "../lib/kernels/default_threads.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { loadPixels } from "../lib/pixels/load_pixels.ts";
import { openExperiment } from "../lib/runs/experiment.ts";
import { runKey, RunStore } from "../lib/runs/run_store.ts";
import type { RunConfiguration } from "../lib/runs/run_configuration.ts";
import { finalConfigurations, finalRuns, search, type SearchOptions } from "../lib/runs/search.ts";
import {
  joinedLogs,
  readSearchLog,
  type SearchLog,
  writeSearchLog,
} from "../lib/runs/search_log.ts";
import { lenetSpace, secondSpace } from "../lib/runs/search_space.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { dataChoice, readArguments, requireData } from "./arguments.ts";
import { takeLock } from "./lock.ts";
import { turboEnvironment } from "./python.ts";
import { main, run, SetupError } from "./run.ts";
import { trainSideBySide } from "./search_workers.ts";

/** What a search is asked to do. */
export interface SearchArguments {
  readonly data: string | undefined;
  readonly second: boolean;
  readonly final: boolean;
  readonly turbo: boolean;
  readonly seeds: number;
  readonly epochs: number | undefined;
  readonly workers: number;
}

/** Reads the command line. @throws SetupError naming an argument that is not understood */
export function parseArguments(args: readonly string[]): SearchArguments {
  const given = readArguments("search", args, {
    ...{ data: "string", second: "boolean", final: "boolean" } as const,
    ...{ turbo: "boolean", seeds: "string", epochs: "string", workers: "string" } as const,
  }, "--data FOLDER, --second, --turbo, --final, --seeds N, --epochs N and --workers N");
  const { data, second = false, final = false, turbo = false } = given;
  const epochs = given.epochs === undefined ? undefined : count("--epochs", given.epochs);
  const seeds = count("--seeds", given.seeds ?? "5");
  const workers = count("--workers", given.workers ?? `${navigator.hardwareConcurrency}`);
  const needing = (["seeds", "epochs", "workers"] as const).find((name) => given[name]);
  if (needing && !final) throw new SetupError(`--${needing} is about the final runs; add --final`);
  return { data: dataChoice(data), second, final, turbo, seeds, epochs, workers };
}

function count(option: string, given: string): number {
  if (/^[1-9]\d{0,2}$/.test(given)) return Number(given);
  throw new SetupError(`${option} takes a whole number from 1 to 999, not ${given}`);
}

/** Those of the task in deno.json, for the process that has V8's turbo flags. */
const permissions = [
  ...["--allow-read", `--allow-write=${projectRoot}`, "--allow-env", "--allow-sys", "--allow-run"],
  `--allow-ffi=${join(projectRoot, "node_modules")}`,
];

async function searchTask(): Promise<void> {
  const given = parseArguments(Deno.args);
  const { data: folder, second, final, turbo } = given;
  await requireData(folder);
  if (turbo && Deno.env.get("DENO_V8_FLAGS") !== turboEnvironment.DENO_V8_FLAGS) {
    const args = ["run", ...permissions, new URL(import.meta.url).pathname, ...Deno.args];
    return await run(Deno.execPath(), args, { env: turboEnvironment });
  }
  // two at once would each write their own log over the other's
  using _lock = await takeLock(join(projectRoot, ".cache", "search.lock"), (holder) => {
    console.error(`Another search runs in this folder (${holder}). Waiting for it to end …`);
  });
  const { dataset, data, architecture } = await openExperiment(
    progress,
    folder ? { dataFolder: folder } : {},
  );
  const space = second ? secondSpace() : lenetSpace(architecture);
  const taught = space.candidates.some(({ recipe }) => recipe.teacher);
  const colour = taught && await loadPixels(dataset, { colour: true }, {
    onProgress: progress("Preprocessing in colour, for the teacher", "images"),
  });
  const results = join(projectRoot, "results", "search");
  const first = join(results, `${dataset.name}.json`);
  const path = second ? first.replace(/\.json$/, "_second.json") : first;
  const valImages = data.val.length, store = join(results, ".store");
  const show = async (log: SearchLog): Promise<void> => {
    await writeSearchLog(path, log);
    const tables = [
      ...log.trials.length > 0 ? [searchTable(log)] : [],
      ...log.final.length > 0 ? [bestRecipeTable(log, valImages)] : [],
    ];
    const text = tables.map((table) => table.markdown()).join("\n");
    await writeAtomic(path.replace(/json$/, "md"), text);
  };
  const options: SearchOptions = {
    ...{ name: dataLabel(dataset), architecture },
    data: { ...data, ...colour && { teacher: colour } },
    ...{ store: new RunStore(store), before: await readSearchLog(path) },
    finalEpochs: given.epochs,
    // a training that the first search made is not repeated by the second
    ...second && { before: joinedLogs(await readSearchLog(path), await readSearchLog(first)) },
    onLog: show,
    progress: (label) => progress(label, "images"),
  };
  const log = await search(space, options);
  console.log(searchTable(log).markdown());
  if (!final) return;
  const seeds = Array.from({ length: given.seeds }, (_, i) => i + 1);
  const missing: RunConfiguration[] = [];
  for (const configuration of finalConfigurations(space, log, seeds, options)) {
    const key = await runKey(configuration, options.data);
    if (log.final.some((run) => run.key === key)) continue;
    if (!await options.store.load(configuration, options.data)) missing.push(configuration);
  }
  // a teacher would be trained by each worker
  const isTaught = missing.some(({ teacher }) => teacher);
  if (missing.length > 0 && !isTaught) {
    await trainSideBySide(missing, {
      ...{ workers: given.workers, turbo, store, images: data.train.length },
      ...folder && { env: { LENET_DATA: folder } },
      onProgress: progress(`${missing[0]!.epochs} epochs with the chosen recipe`, "images"),
    });
  }
  const threads = isTaught ? defaultThreads() : 1;
  const whole = await finalRuns(space, log, seeds, { ...options, threads });
  console.log(bestRecipeTable(whole, valImages).markdown());
  const own = dataset.name === "synthetic50" ? [] : [dataset.name];
  await bestRecipeSummary(whole, valImages).save(
    join(projectRoot, "results", ...own, "best_recipe"),
  );
}

if (import.meta.main) await main(searchTask);
