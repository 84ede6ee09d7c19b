/**
 * `deno task witness [--only NAMES] [--alike]`: repeats the published and the corrected run of each system in real
 * PyTorch, real Keras and plain NumPy, on the same pixels, in the same order and from the same starting
 * weights, and leaves logs, a table and two figures in results/witness/<data set>/. The data set is the
 * one that LENET_DATA names. About 5 minutes on the default data.
 *
 * With `--only torch_published,keras_corrected`, say, the other runs are those of the logs that are there.
 * With `--alike` the corrected runs are trained with ten seeds instead, and tested for equivalence.
 */
import { join } from "node:path";
import { progress } from "../../lib/report/progress_bar.ts";
import { openExperiment } from "../../lib/runs/experiment.ts";
import { exists, projectRoot, writeAtomic } from "../../lib/util/files.ts";
import { readArguments } from "../../tasks/arguments.ts";
import { main, SetupError, step } from "../../tasks/run.ts";
import { setupBenchPython } from "../bench_python.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import type { RunData } from "../../lib/runs/run.ts";
import { type AlikeShares, alikeTable } from "./alike.ts";
import { exportPixels, exportRun } from "./export.ts";
import { ourLog } from "./log.ts";
import { theirLog } from "./theirs.ts";
import { partingFigure, witnessFigure } from "./witness_figure.ts";
import { type Witnessed, witnessed, witnessTable } from "./witnessed.ts";
import { TOLERANCE } from "./witnessed.ts";
import { runName, type WitnessRun, witnessRuns } from "./witness_runs.ts";

async function witness(): Promise<void> {
  const { only, alike } = readArguments(
    "witness",
    Deno.args,
    { only: "string", alike: "boolean" },
    "--only NAMES or --alike",
  );
  const { architecture, data, dataset } = await openExperiment(progress);
  const results = join(projectRoot, "results", "witness", dataset.name);
  const title = dataset.synthetic ? `${dataset.name} (synthetic images)` : dataset.name;
  if (alike) {
    const shares = await trainAlike(architecture, data);
    const table = alikeTable(shares, [`Data: ${title}. Computed on ${today()}.`]);
    await table.save(join(results, "alike"));
    await writeAtomic(join(results, "alike_seeds.json"), JSON.stringify(shares) + "\n");
    console.error(table.text());
    return;
  }
  await setupBenchPython();
  const exported = join(projectRoot, ".cache", "witness", dataset.name);
  const runs = witnessRuns(architecture);
  const chosen = only?.split(",") ?? runs.map(runName);
  const unknown = chosen.find((name) => !runs.some((run) => runName(run) === name));
  if (unknown) {
    throw new SetupError(`no run named ${unknown}; there are ${runs.map(runName).join(", ")}`);
  }
  await exportPixels(exported, data);
  const all: Witnessed[] = [];
  for (const run of runs) {
    const name = runName(run), log = join(results, `${name}.json`);
    if (!chosen.includes(name)) {
      all.push(await readLog(log, run));
      continue;
    }
    const folder = await exportRun(exported, run, data);
    const ours = await step(`${name}, here`, () => ourLog(run, data, progress(name, "images")));
    const theirs = await step(`${name}, the other program`, () => theirLog(folder, false));
    const nudged = await step(`${name}, the other program, nudged`, () => theirLog(folder, true));
    const one = witnessed(run, ours, theirs, nudged);
    all.push(one);
    const about = { date: today(), data: dataset.name, synthetic: dataset.synthetic };
    await writeAtomic(log, JSON.stringify({ ...about, ...one }) + "\n");
  }
  const table = witnessTable(all, data.test.length, [`Data: ${title}. Computed on ${today()}.`]);
  await table.save(join(results, "witness"));
  await witnessFigure(all, title).save(join(results, "witness_losses"));
  await partingFigure(all, TOLERANCE).save(join(results, "witness_parting"));
  console.error(table.text());
}

/** The corrected run of each system with each seed. */
async function trainAlike(architecture: Architecture, data: RunData): Promise<AlikeShares> {
  const { val, test } = data;
  const shares = { numpy: [] as number[], torch: [] as number[], keras: [] as number[] };
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const run of witnessRuns(architecture, seed).filter(({ kind }) => kind === "corrected")) {
      const bar = progress(`${run.system}, seed ${seed} of ${SEEDS}`, "images");
      const log = await ourLog(run, data, bar);
      const hits = log.validation.at(-1)!.top1 * val.length + log.test.top1 * test.length;
      shares[run.system].push(hits / (val.length + test.length));
    }
  }
  return shares;
}

/** Of the test of equivalence. */
const SEEDS = 10;

/** A log of an earlier run. @throws SetupError if it is missing or of another configuration */
async function readLog(path: string, run: WitnessRun): Promise<Witnessed> {
  if (!await exists(path)) throw new SetupError(`${path} is missing: run the task without --only`);
  const log = JSON.parse(await Deno.readTextFile(path)) as Witnessed;
  if (JSON.stringify(log.configuration) !== JSON.stringify(run.configuration)) {
    throw new SetupError(`${path} is of another configuration: add ${runName(run)} to --only`);
  }
  return witnessed(run, log.ours, log.theirs, log.nudged);
}

const today = () => new Date().toISOString().slice(0, 10);

if (import.meta.main) await main(witness);
