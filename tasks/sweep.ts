/**
 * `deno task sweep --list NAME|FILE.json [--seeds N] [--workers N] [--turbo] [--data FOLDER] [--full]
 * [--renew] [--scheduler tcp://HOST:PORT|local]`: trains each configuration of a list with each seed from 1 to
 * N, side by side, and keeps what each came to.
 *
 * - the lists that have names are in lib/diagnosis/sweep_lists.ts; a file holds an array of
 *   `{ "name": …, "configuration": { "system": "numpy", … }, "preprocess": { … } }`, completed as
 *   `runConfiguration` does
 * - each outcome is stored under its key in `outcomes/` of the results, once; a sweep that was cut off goes on
 *   where it was, and two sweeps at once share the work
 * - when all are there, they are written together to `sweep_<list>.json` of the results, and how they came
 *   about to `sweep_<list>_made.json`
 * - the workers are processes of this machine with one thread each, as many as there are cores; with
 *   `--scheduler` they are those of a Dask cluster, `local` being one that is made for the sweep
 */
import { basename, extname } from "node:path";
import { sweepLists } from "../lib/diagnosis/sweep_lists.ts";
import { lenet5 } from "../lib/model/architecture.ts";
import { loadPixels } from "../lib/pixels/load_pixels.ts";
import { preprocessOptions } from "../lib/pixels/preprocess_options.ts";
import { progress } from "../lib/report/progress_bar.ts";
import {
  committedResults,
  type Experiment,
  openExperiment,
  reproducedResults,
} from "../lib/runs/experiment.ts";
import { OutcomeStore } from "../lib/runs/outcome_store.ts";
import type { KeptOutcome } from "../lib/runs/run_outcome.ts";
import type { RunData } from "../lib/runs/run.ts";
import { type RunConfiguration, runConfiguration } from "../lib/runs/run_configuration.ts";
import { runKey } from "../lib/runs/run_key.ts";
import { trainingCode } from "../lib/runs/training_code.ts";
import { readSweep, type SweptEntry, writeSweep } from "../lib/runs/sweep_file.ts";
import type { SweepList } from "../lib/runs/sweep_list.ts";
import { exists } from "../lib/util/files.ts";
import { dataChoice, pathOf, readArguments, requireData } from "./arguments.ts";
import { main, SetupError } from "./run.ts";
import { runSweep, type SizedJob, type SweepResult } from "./run_sweep.ts";
import { WorkerProcesses, type Workers } from "./sweep_pool.ts";

/** What a sweep is asked to do. */
export interface SweepArguments {
  readonly list: string;
  readonly seeds: number;
  readonly workers: number;
  readonly turbo: boolean;
  readonly renew: boolean;
  readonly full: boolean;
  readonly data: string | undefined;
  readonly scheduler: string | undefined;
}

const defaultSeeds = 5;

/** Reads the command line. @throws SetupError naming an argument that is not understood */
export function parseArguments(args: readonly string[]): SweepArguments {
  const given = readArguments(
    "sweep",
    args,
    {
      list: "string",
      seeds: "string",
      workers: "string",
      turbo: "boolean",
      renew: "boolean",
      full: "boolean",
      data: "string",
      scheduler: "string",
    },
    "--list NAME|FILE.json, --seeds N, --workers N, --turbo, --renew, --data FOLDER, --full and " +
      "--scheduler ADDRESS|local",
  );
  const { list, scheduler, turbo = false, renew = false, full = false } = given;
  const data = dataChoice(given.data);
  if (!list) throw new SetupError(`--list is missing; ${knownLists()}`);
  if (data && full) throw new SetupError("--full is about the default data; leave out the other");
  if (scheduler && scheduler !== "local" && !/^\w+:\/\/\S+:\d+$/.test(scheduler)) {
    throw new SetupError(
      `--scheduler takes local or an address such as tcp://host:8786, not ${scheduler}`,
    );
  }
  return {
    list,
    turbo,
    renew,
    full,
    scheduler,
    data,
    seeds: count("--seeds", given.seeds, defaultSeeds),
    workers: count("--workers", given.workers, navigator.hardwareConcurrency),
  };
}

function count(option: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (/^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw new SetupError(`${option} takes a whole number from 1 to 9999, not ${given}`);
}

function knownLists(): string {
  return `the lists are ${Object.keys(sweepLists).join(", ")}, and a JSON file is one too`;
}

/** What a list's results are called: a named list by its name, a file by its own without `.json`. */
function listName(list: string): string {
  return extname(list) === ".json" ? basename(list, ".json") : list;
}

/**
 * The entries of a list for a data set.
 * @throws SetupError if there is no such list, or the file holds none, or two entries have one name
 */
export async function sweepList(list: string, experiment: Experiment): Promise<SweepList> {
  const { architecture, data } = experiment;
  const entries = extname(list) === ".json"
    ? await listFromFile(list, experiment)
    : sweepLists[list]?.({ architecture, trainImages: data.train.length });
  if (!entries) throw new SetupError(`there is no list ${list}; ${knownLists()}`);
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new SetupError(`two entries of the list ${list} are named ${twice}`);
  }
  return entries;
}

async function listFromFile(path: string, { dataset }: Experiment): Promise<SweepList> {
  const file = pathOf(path);
  if (!await exists(file)) throw new SetupError(`there is no file ${path}`);
  try {
    const given = JSON.parse(await Deno.readTextFile(file));
    if (!Array.isArray(given) || given.length === 0) {
      throw new RangeError("it holds no array of entries");
    }
    return given.map((entry, i) => {
      const { name, configuration, preprocess, ...others } = Object(entry);
      if (typeof name !== "string" || !configuration) {
        throw new RangeError(`entry ${i + 1} has no name or no configuration`);
      }
      const [other] = Object.keys(others);
      if (other !== undefined) {
        throw new RangeError(
          `entry ${i + 1} has ${other}; an entry has name, configuration and preprocess`,
        );
      }
      preprocessOptions(preprocess);
      const architecture = configuration.architecture ?? lenet5(dataset.classes.length);
      return {
        name,
        configuration: runConfiguration({ architecture, ...configuration }),
        ...(preprocess ? { preprocess } : {}),
      };
    });
  } catch (error) {
    throw new SetupError(`${path} is no list of configurations: ${(error as Error).message}`);
  }
}

/** An entry's name and its jobs: `job(seed)` for each seed from 1. */
interface EntryJobs {
  readonly name: string;
  readonly job: (seed: number) => Promise<SizedJob>;
}

async function entryJobs(list: SweepList, { dataset, data }: Experiment): Promise<EntryJobs[]> {
  const loaded = new Map<string, RunData>([["{}", data]]);
  const entries: EntryJobs[] = [];
  for (const { name, configuration, preprocess = {} } of list) {
    const way = JSON.stringify(preprocess);
    const bar = progress(`Preprocessing for ${name}`, "images");
    const images = loaded.get(way) ?? await loadPixels(dataset, preprocess, { onProgress: bar });
    loaded.set(way, images);
    const job = async (seed: number) => {
      const own: RunConfiguration = { ...configuration, seed };
      return {
        key: await runKey(own, images),
        name: `${name}, seed ${seed}`,
        configuration: own,
        preprocess,
        size: own.epochs * images.train.length,
      };
    };
    entries.push({ name, job });
  }
  return entries;
}

/**
 * The outcomes of all entries with the seeds of this sweep, and with as many further ones as earlier sweeps
 * have left of every entry.
 */
async function sweptEntries(
  entries: readonly EntryJobs[],
  seeds: number,
  store: OutcomeStore,
): Promise<SweptEntry[]> {
  const swept = entries.map(({ name }) => ({ name, outcomes: [] as KeptOutcome[] }));
  for (let seed = 1;; seed++) {
    const kept = await Promise.all(
      entries.map(async ({ job }) => store.get((await job(seed)).key)),
    );
    if (seed > seeds && kept.includes(undefined)) return swept;
    kept.forEach((outcome, i) => swept[i]!.outcomes.push(outcome!));
  }
}

/** Takes what was written together earlier into the store, and what other code computed out of it. */
async function prepareStore(
  store: OutcomeStore,
  results: string,
  list: string,
  jobs: readonly SizedJob[],
  renew: boolean,
): Promise<void> {
  for (const { outcomes } of await readSweep(results, list) ?? []) {
    for (const kept of outcomes) await store.put(kept);
  }
  if (!renew) return;
  const code = await trainingCode();
  for (const { key } of jobs) {
    const kept = await store.get(key);
    if (kept && kept.made.code !== code) await store.remove(key);
  }
}

async function openWorkers({ workers, turbo, scheduler }: SweepArguments): Promise<Workers> {
  if (scheduler === undefined) return new WorkerProcesses({ count: workers, turbo });
  const { DaskWorkers } = await import("./sweep_dask.ts");
  return await DaskWorkers.open({ scheduler, count: workers, turbo });
}

/** "12 runs: 4 found, 8 computed", and what there is to say of the code that computed them. */
export function describe(result: SweepResult, code: string): string {
  const { outcomes, found, computed, elsewhere, failures } = result;
  const other = [...outcomes.values()].filter(({ made }) => made.code !== code).length;
  const counts = [
    `${found} found`,
    `${computed} computed`,
    ...(elsewhere > 0 ? [`${elsewhere} computed by another sweep`] : []),
    ...(failures.length > 0 ? [`${failures.length} failed`] : []),
  ];
  const runs = outcomes.size + failures.length;
  return `${runs} ${runs === 1 ? "run" : "runs"}: ${counts.join(", ")}` +
    (other > 0
      ? `\n${other} were computed by other code than today's; --renew computes them again`
      : "");
}

async function sweep(): Promise<number> {
  const given = parseArguments(Deno.args);
  await requireData(given.data);
  // the workers inherit them
  if (given.data) Deno.env.set("LENET_DATA", given.data);
  if (given.full) Deno.env.set("LENET_FULL", "1");
  const experiment = await openExperiment(progress);
  const results = reproducedResults() ?? committedResults(experiment.dataset);
  const name = listName(given.list);
  const entries = await entryJobs(await sweepList(given.list, experiment), experiment);
  const jobs: SizedJob[] = [];
  // seed by seed, so that a sweep that is cut off has something of every entry
  for (let seed = 1; seed <= given.seeds; seed++) {
    for (const { job } of entries) jobs.push(await job(seed));
  }
  const store = new OutcomeStore(results);
  await prepareStore(store, results, name, jobs, given.renew);
  const workers = await openWorkers(given);
  const where = given.scheduler ? `Dask, ${given.scheduler}` : `${workers.slots} workers`;
  let result: SweepResult;
  try {
    result = await runSweep(jobs, store, workers, progress(`Sweep ${name} (${where})`, "images"));
  } finally {
    await workers.close();
  }
  console.log(describe(result, await trainingCode()));
  for (const { job, reason } of result.failures) console.error(`${job.name} failed: ${reason}`);
  if (result.failures.length > 0) return 1;
  await writeSweep(results, name, await sweptEntries(entries, given.seeds, store));
  console.log(`Written: ${results}/sweep_${name}.json`);
  return 0;
}

if (import.meta.main) await main(sweep);
