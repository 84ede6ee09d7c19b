/**
 * `deno task search [--data FOLDER] [--second | --third] [--turbo] [--final [--seeds N] [--epochs N] [--workers N]]`: looks for
 * the recipe with which LeNet-5 does best, on the validation images and a tenth of the training images. The space is in
 * lib/runs/search_space.ts; what was tried goes to `results/search/<data set>.json` and `.md` after each
 * training. A search that was cut off goes on where it was.
 *
 * With `--second` it goes on from what the first search chose, with `--third` from what the second chose, each in a
 * space of its own with a log of its own: `results/search/<data set>_second.json`, `…_third.json`.
 *
 * With `--final` the chosen recipe is then trained on all training images with seeds 1 to N, 5 by default, as many at
 * a time as there are workers, by default as many as cores, each on one thread. The same command goes on with
 * trainings that were cut off. Only then are the test images looked at. Their means go to `best_recipe.json` and
 * `.md` among the data set's results, unless the recipe that stands there is better on the validation images.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { dataLabel } from "../lib/report/tables/dataset_table.ts";
import {
  bestRecipeSummary,
  bestRecipeTable,
  searchTable,
} from "../lib/report/tables/search_table.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { loadPixels } from "../lib/pixels/load_pixels.ts";
import { openExperiment } from "../lib/runs/experiment.ts";
import { runKey } from "../lib/runs/run_key.ts";
import { RunStore } from "../lib/runs/run_store.ts";
import type { RunConfiguration } from "../lib/runs/run_configuration.ts";
import { finalConfigurations, finalRuns, search, type SearchOptions } from "../lib/runs/search.ts";
import {
  joinedLogs,
  readSearchLog,
  type SearchLog,
  writeSearchLog,
} from "../lib/runs/search_log.ts";
import { lenetSpace, type SearchTurn, secondSpace, thirdSpace } from "../lib/runs/search_space.ts";
import { teacherData } from "../lib/runs/run.ts";
import { countClasses } from "../lib/model/architecture.ts";
import { exists, projectRoot, writeAtomic } from "../lib/util/files.ts";
import { dataChoice, readArguments, requireData } from "./arguments.ts";
import { takeLock } from "./lock.ts";
import { turboEnvironment } from "./python.ts";
import { main, run, SetupError } from "./run.ts";
import { trainSideBySide } from "./search_workers.ts";

/** What a search is asked to do. */
export interface SearchArguments {
  readonly data: string | undefined;
  /** Which search: the first one, or one that goes on from the one before. */
  readonly which: SearchTurn;
  readonly final: boolean;
  readonly turbo: boolean;
  readonly seeds: number;
  readonly epochs: number | undefined;
  readonly workers: number;
}

/** Reads the command line. @throws SetupError naming an argument that is not understood */
export function parseArguments(args: readonly string[]): SearchArguments {
  const given = readArguments("search", args, {
    data: "string",
    second: "boolean",
    third: "boolean",
    final: "boolean",
    turbo: "boolean",
    seeds: "string",
    epochs: "string",
    workers: "string",
  }, "--data FOLDER, --second, --third, --turbo, --final, --seeds N, --epochs N and --workers N");
  const { data, second = false, third = false, final = false, turbo = false } = given;
  if (second && third) throw new SetupError("--second and --third are two searches; give one");
  const which = third ? "third" : second ? "second" : "first";
  const epochs = given.epochs === undefined ? undefined : count("--epochs", given.epochs);
  const seeds = count("--seeds", given.seeds ?? "5");
  const workers = count("--workers", given.workers ?? `${navigator.hardwareConcurrency}`);
  const needing = (["seeds", "epochs", "workers"] as const).find((name) => given[name]);
  if (needing && !final) throw new SetupError(`--${needing} is about the final runs; add --final`);
  return { data: dataChoice(data), which, final, turbo, seeds, epochs, workers };
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
  const { data: folder, which, final, turbo } = given;
  await requireData(folder);
  if (turbo && Deno.env.get("DENO_V8_FLAGS") !== turboEnvironment.DENO_V8_FLAGS) {
    const args = ["run", ...permissions, fileURLToPath(import.meta.url), ...Deno.args];
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
  const classes = countClasses(architecture);
  const space =
    { first: lenetSpace(architecture), second: secondSpace(), third: thirdSpace(classes) }[which];
  const taught = space.candidates.some(({ recipe }) => recipe.teacher);
  const colour = taught && await loadPixels(dataset, { colour: true }, {
    onProgress: progress("Preprocessing in colour, for the teacher", "images"),
  });
  const results = join(projectRoot, "results", "search");
  const first = join(results, `${dataset.name}.json`);
  const logOf = (name: typeof which) =>
    name === "first" ? first : first.replace(/\.json$/, `_${name}.json`);
  const path = logOf(which);
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
    name: dataLabel(dataset),
    architecture,
    data: { ...data, ...colour && { teacher: colour } },
    store: new RunStore(store),
    before: await readSearchLog(path),
    finalEpochs: given.epochs,
    // a training that an earlier search made is not repeated
    ...which !== "first" && {
      before: joinedLogs(
        await readSearchLog(path),
        await readSearchLog(logOf(which === "third" ? "second" : "first")),
      ),
    },
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
  // the workers find it in the store
  for (const { teacher } of missing.slice(0, 1)) {
    if (!teacher) continue;
    const onProgress = progress("The teacher", "images");
    await options.store.loadOrTrain(teacher.configuration, teacherData(options.data), {
      onProgress,
    });
  }
  if (missing.length > 0) {
    await trainSideBySide(missing, {
      workers: given.workers,
      turbo,
      store,
      images: data.train.length,
      ...folder && { env: { LENET_DATA: folder } },
      onProgress: progress(`${missing[0]!.epochs} epochs with the chosen recipe`, "images"),
    });
  }
  const whole = await finalRuns(space, log, seeds, { ...options, threads: 1 });
  console.log(bestRecipeTable(whole, valImages).markdown());
  const own = dataset.name === "synthetic50" ? [] : [dataset.name];
  const best = join(projectRoot, "results", ...own, "best_recipe");
  const better = await standingBetter(`${best}.json`, whole);
  if (better === undefined) await bestRecipeSummary(whole, valImages).save(best);
  else console.log(better);
}

/** One line if the recipe whose summary stands is better on the validation images, or nothing if it is not. */
export async function standingBetter(
  path: string,
  { final }: SearchLog,
): Promise<string | undefined> {
  if (!await exists(path)) return undefined;
  const { rows }: { rows: readonly { images: string; best: { value: number } }[] } = JSON.parse(
    await Deno.readTextFile(path),
  );
  const standing = mean(
    rows.filter(({ images }) => images === "validation").map(({ best }) => best.value),
  );
  const made = mean(final.flatMap(({ top1, top5 }) => [top1, top5]));
  if (!(standing > made)) return undefined;
  return `${relative(projectRoot, path)} stays as it is: ` +
    `its recipe has ${standing.toFixed(3)} on the validation images ` +
    `(mean of top-1 and top-5), this one ${made.toFixed(3)}.`;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

if (import.meta.main) await main(searchTask);
