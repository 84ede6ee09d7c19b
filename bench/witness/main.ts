/**
 * `deno task witness [--only NAMES] [--alike]`: repeats the published and the corrected run of each system in real
 * PyTorch, real Keras and plain NumPy, on the same pixels, in the same order and from the same starting
 * weights, and leaves logs, two tables and two figures in results/witness/<data set>/. The data set is the
 * one that LENET_DATA names. About 5 minutes on the default data.
 *
 * With `--only torch_published,keras_corrected`, say, the other runs are those of the logs that are there;
 * `--only none` makes the tables and the figures again.
 * With `--alike` the outcomes of `deno task sweep --list corrected` are tested for equivalence instead.
 */
import { join } from "node:path";
import { progress } from "../../lib/report/progress_bar.ts";
import { committedResults, openExperiment } from "../../lib/runs/experiment.ts";
import { exists, projectRoot, writeAtomic } from "../../lib/util/files.ts";
import { readArguments } from "../../tasks/arguments.ts";
import { main, SetupError, step } from "../../tasks/run.ts";
import { setupBenchPython } from "../bench_python.ts";
import { readSweep } from "../../lib/runs/sweep_file.ts";
import { alikeShares, alikeTable } from "./alike.ts";
import { exportPixels, exportRun } from "./export.ts";
import { ourLog } from "./log.ts";
import { theirLog } from "./theirs.ts";
import { partingFigure, witnessFigure } from "./witness_figure.ts";
import { TOLERANCE, type Witnessed, witnessed } from "./witnessed.ts";
import { witnessAccuracyTable, witnessTable } from "./witnessed.ts";
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
    const swept = await readSweep(committedResults(dataset), "corrected");
    if (!swept) {
      throw new SetupError(
        "there are no runs to test yet: deno task sweep --list corrected --seeds 10",
      );
    }
    const table = alikeTable(alikeShares(swept), [`Data: ${title}. Computed on ${today()}.`]);
    await table.save(join(results, "alike"));
    console.error(table.text());
    return;
  }
  const exported = join(projectRoot, ".cache", "witness", dataset.name);
  const runs = witnessRuns(architecture);
  const chosen = only === "none" ? [] : only?.split(",") ?? runs.map(runName);
  const unknown = chosen.find((name) => !runs.some((run) => runName(run) === name));
  if (unknown) {
    throw new SetupError(`no run named ${unknown}; there are ${runs.map(runName).join(", ")}`);
  }
  if (chosen.length > 0) {
    await setupBenchPython();
    await exportPixels(exported, data);
  }
  const all: Witnessed[] = [], dates = new Set<string>();
  for (const run of runs) {
    const name = runName(run), log = join(results, `${name}.json`);
    if (!chosen.includes(name)) {
      const { date, ...read } = await readLog(log, run);
      all.push(read);
      dates.add(date);
      continue;
    }
    const folder = await exportRun(exported, run, data);
    const ours = await step(`${name}, here`, () => ourLog(run, data, progress(name, "images")));
    const theirs = await step(`${name}, the other program`, () => theirLog(folder, false));
    const nudged = await step(`${name}, the other program, nudged`, () => theirLog(folder, true));
    const one = witnessed(run, ours, theirs, nudged);
    all.push(one);
    dates.add(today());
    const about = { date: today(), data: dataset.name, synthetic: dataset.synthetic };
    await writeAtomic(log, JSON.stringify({ ...about, ...one }) + "\n");
  }
  const origin = [`Data: ${title}. Computed on ${[...dates].sort().join(" and ")}.`];
  const table = witnessTable(all, origin);
  await table.save(join(results, "witness"));
  await witnessAccuracyTable(all, data.test.length, origin).save(join(results, "witness_accuracy"));
  await witnessFigure(all, title).save(join(results, "witness_losses"));
  await partingFigure(all, TOLERANCE).save(join(results, "witness_parting"));
  console.error(table.text());
}

/** A log of an earlier run. @throws SetupError if it is missing or of another configuration */
async function readLog(path: string, run: WitnessRun): Promise<Witnessed & { date: string }> {
  if (!await exists(path)) throw new SetupError(`${path} is missing: run the task without --only`);
  const log = JSON.parse(await Deno.readTextFile(path)) as Witnessed & { date: string };
  if (JSON.stringify(log.configuration) !== JSON.stringify(run.configuration)) {
    throw new SetupError(`${path} is of another configuration: add ${runName(run)} to --only`);
  }
  return { ...witnessed(run, log.ours, log.theirs, log.nudged), date: log.date };
}

const today = () => new Date().toISOString().slice(0, 10);

if (import.meta.main) await main(witness);
