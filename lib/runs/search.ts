import type { Architecture } from "../model/architecture.ts";
import { countVariants } from "../pixels/augment.ts";
import { score } from "../systems/evaluate.ts";
import type { OnProgress } from "../util/progress.ts";
import { predictions, type Run, type RunData, teacherData } from "./run.ts";
import { trainRun } from "./train_run.ts";
import { type RunConfiguration, runConfiguration } from "./run_configuration.ts";
import { runKey } from "./run_key.ts";
import type { RunStore } from "./run_store.ts";
import { searchData } from "./search_data.ts";
import { type FinalRun, rankingScore, type SearchLog, type Trial } from "./search_log.ts";
import { type Candidate, type SearchSpace, withActivation } from "./search_space.ts";

/** What a search works with. */
export interface SearchOptions {
  /** Name of the data set, for the log. */
  readonly name: string;
  /** The network that is trained. */
  readonly architecture: Architecture;
  /** All images; see `searchData` for what a search sees of them. */
  readonly data: RunData;
  /** Keeps the teachers, and the runs with the chosen recipe. */
  readonly store: RunStore;
  /** What was done before: trainings that are in it are not repeated. */
  readonly before?: SearchLog | undefined;
  /** Told of the log after each training. */
  readonly onLog?: (log: SearchLog) => void | Promise<void>;
  /** Epochs of the final runs; default: those of the space. */
  readonly finalEpochs?: number | undefined;
  /** Threads of each final run that is trained now, for the log. */
  readonly threads?: number;
  /** Makes a listener for one training. */
  readonly progress?: (label: string) => OnProgress;
}

const today = () => new Date().toISOString().slice(0, 10);

/** What a candidate trains in a round, or at the end. */
export function candidateRun(
  architecture: Architecture,
  { recipe, activation }: Candidate,
  epochs: number,
  seed = 1,
): RunConfiguration {
  const network = activation ? withActivation(architecture, activation) : architecture;
  return runConfiguration({ system: "numpy", architecture: network, ...recipe, epochs, seed });
}

/**
 * Looks for the best recipe by successive halving (Jamieson & Talwalkar 2016): all candidates train for a
 * few epochs, the best of them for more, and so on. All train with seed 1, and are ranked by the mean of
 * top-1 and top-5 on the images that `searchData` sets aside for that. The test images are not looked at.
 */
export async function search(space: SearchSpace, options: SearchOptions): Promise<SearchLog> {
  const { name, architecture, before, onLog, progress } = options;
  const data = searchData(options.data);
  const teachers = new Map<string, Run>();
  let log: SearchLog = {
    ...space.turn && { turn: space.turn },
    data: name,
    trainImages: data.train.length,
    chosenBy: data.val.length,
    valImages: options.data.val.length,
    trials: [],
    kept: [],
    final: before?.final ?? [],
  };
  let going = [...space.candidates];
  for (const { epochs, keep } of space.rounds) {
    const ranked: { readonly candidate: Candidate; readonly trial: Trial }[] = [];
    for (const candidate of going) {
      const configuration = candidateRun(architecture, candidate, epochs);
      const key = await runKey(configuration, data);
      const found = before?.trials.find((trial) => trial.key === key);
      const trial = {
        ...found ??
          await measure(configuration, data, progress?.(`${candidate.name}, ${epochs} epochs`)),
        key,
        candidate: candidate.name,
        epochs,
        seed: 1,
      };
      ranked.push({ candidate, trial });
      log = { ...log, trials: [...log.trials, trial] };
      await onLog?.(log);
    }
    ranked.sort((a, b) => rankingScore(b.trial) - rankingScore(a.trial));
    going = ranked.slice(0, keep).map(({ candidate }) => candidate);
    log = { ...log, kept: [...log.kept, going.map(({ name }) => name)] };
    await onLog?.(log);
  }
  return log;

  async function measure(
    configuration: RunConfiguration,
    data: RunData,
    onProgress: OnProgress | undefined,
  ): Promise<Omit<Trial, "key" | "candidate" | "epochs" | "seed">> {
    const told = onProgress ? { onProgress } : {};
    const teacher = await teacherOf(configuration, data, told);
    const run = await trainRun(configuration, data, { ...told, ...teacher && { teacher } });
    const { top1, top5 } = score(await predictions(run, data.val));
    const { seconds, teacherSeconds } = run;
    return { top1, top5, ...timed(seconds, teacherSeconds), date: today() };
  }

  /** The candidates that have the same teacher share it. */
  async function teacherOf(
    { teacher }: RunConfiguration,
    data: RunData,
    told: { readonly onProgress?: OnProgress },
  ): Promise<Run | undefined> {
    if (!teacher) return undefined;
    const { configuration } = teacher, own = teacherData(data), id = JSON.stringify(configuration);
    const kept = teachers.get(id) ??
      (await options.store.loadOrTrain(configuration, own, told)).run;
    teachers.set(id, kept);
    return kept;
  }
}

/** The candidate that a search chose. @throws RangeError if it has not come to its end */
export function winner(space: SearchSpace, { kept }: SearchLog): Candidate {
  const name = kept.length === space.rounds.length ? kept.at(-1)?.[0] : undefined;
  const found = space.candidates.find((candidate) => candidate.name === name);
  if (!found) throw new RangeError("the search has not come to its end; run it again, it goes on");
  return found;
}

/** What the final runs train. @throws RangeError if the search has not come to its end */
export function finalConfigurations(
  space: SearchSpace,
  log: SearchLog,
  seeds: readonly number[],
  { architecture, finalEpochs }: Pick<SearchOptions, "architecture" | "finalEpochs">,
): RunConfiguration[] {
  const chosen = winner(space, log);
  const epochs = finalEpochs ?? space.finalEpochs ?? space.rounds.at(-1)!.epochs;
  return seeds.map((seed) => candidateRun(architecture, chosen, epochs, seed));
}

/**
 * Trains with the chosen recipe on all training images, unless the store has the runs, and measures the runs on the
 * validation and the test images.
 */
export async function finalRuns(
  space: SearchSpace,
  log: SearchLog,
  seeds: readonly number[],
  options: SearchOptions,
): Promise<SearchLog> {
  const { data, store, threads, onLog, progress } = options;
  const chosen = winner(space, log);
  let final: FinalRun[] = [];
  for (const configuration of finalConfigurations(space, log, seeds, options)) {
    const key = await runKey(configuration, data);
    const before = log.final.find((run) => run.key === key);
    final = [...final, before ?? await train(configuration, key)];
    await onLog?.({ ...log, final });
  }
  return { ...log, final };

  async function train(configuration: RunConfiguration, key: string): Promise<FinalRun> {
    const { seed, epochs } = configuration;
    const onProgress = progress?.(`${chosen.name}, seed ${seed}`);
    const told = onProgress ? { onProgress } : {};
    const { run } = await store.loadOrTrain(configuration, data, told);
    const val = score(await predictions(run, data.val));
    const test = score(await predictions(run, data.test));
    const { views, ...plain } = run.configuration;
    const one = views && score(await predictions({ ...run, configuration: plain }, data.test));
    return {
      key,
      candidate: chosen.name,
      epochs,
      seed,
      top1: val.top1,
      top5: val.top5,
      ...timed(run.seconds, run.teacherSeconds),
      ...threads !== undefined && { threads },
      date: today(),
      test: { top1: test.top1, top5: test.top5, images: test.images },
      ...one && { testOneView: { top1: one.top1, top5: one.top5, views: countVariants(views) } },
    };
  }
}

/** Seconds with one digit after the point. */
function timed(
  seconds: number,
  teacherSeconds?: number,
): Pick<Trial, "seconds" | "teacherSeconds"> {
  const short = (value: number) => Math.round(10 * value) / 10;
  return {
    seconds: short(seconds),
    ...teacherSeconds !== undefined && { teacherSeconds: short(teacherSeconds) },
  };
}
