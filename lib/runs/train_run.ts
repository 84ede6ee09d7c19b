import { type Architecture, countClasses } from "../model/architecture.ts";
import { initialWeights } from "../model/initial_weights.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { DataLoader } from "../pixels/loader.ts";
import { normalisation } from "../pixels/normalisation.ts";
import type { Normalisation } from "../pixels/pixels.ts";
import type { Teaching } from "../pixels/teaching.ts";
import type { SystemOptions } from "../systems/create_system.ts";
import { oneCycle } from "../systems/schedule.ts";
import type { FitOptions, System } from "../systems/system.ts";
import { sha256 } from "../util/files.ts";
import { batches, restore, type Run, type RunData, type StoppedRun, teacherData } from "./run.ts";
import { type RunConfiguration, runConfiguration, type Teacher } from "./run_configuration.ts";
import { saturatingWeights } from "./saturating_weights.ts";
import { sortByClass } from "./sort_by_class.ts";
import { teach } from "./teach.ts";
import type { StoppableTrainOptions, TrainOptions } from "./train_options.ts";
import { untrainedSystem } from "./untrained_system.ts";

/** What a configuration trains, before its first step. The caller disposes of the system. */
export interface PreparedRun {
  /** Untrained, with the starting weights that the configuration asks for. */
  readonly system: System;
  /** The training batches, in the configuration's order. */
  readonly train: DataLoader;
  /** Mean and std of the training images. */
  readonly normalisation: Normalisation;
  /** Seconds in which the teacher was trained and asked. */
  readonly teacherSeconds?: number;
}

/**
 * Makes a configuration's system, with its starting weights, and its training batches. A teacher that the
 * configuration asks for is trained first, unless it is given.
 * @param built a network that is built already, see `SystemOptions`
 * @param options a trained teacher, and who is told of its training
 */
export async function prepareRun(
  configuration: RunConfiguration,
  data: RunData,
  built: Pick<SystemOptions, "layers" | "model"> = {},
  options: Pick<TrainOptions, "teacher" | "onProgress"> = {},
): Promise<PreparedRun> {
  const { architecture, pixels, order, batchSize, seed, start, augmentation = {} } = configuration;
  const { mixing, teacher } = configuration;
  checkLabels(architecture, data);
  checkTeacher(configuration, options.teacher);
  const normalise = pixels === "raw" ? { mean: 0, std: 1 } : normalisation(data.train);
  const shuffle = order === "shuffled";
  const images = shuffle ? data.train : sortByClass(data.train);
  const taught = teacher && await taughtBy(teacher, configuration, data, options);
  const train = batches(images, normalise, {
    batchSize,
    seed,
    shuffle,
    augmentation,
    classes: countClasses(architecture),
    ...mixing && { mixing },
    ...taught && { teaching: taught.teaching },
  });
  const system = await untrainedSystem(configuration, built);
  if (start === "saturating") await system.setWeights(saturatingWeights(architecture, seed));
  else if (start !== "own") await system.setWeights(initialWeights(architecture, start, seed));
  return {
    system,
    train,
    normalisation: normalise,
    ...taught && { teacherSeconds: taught.seconds },
  };
}

/** Trains the teacher, unless it is given, and asks it about the training images. */
async function taughtBy(
  { configuration, weight, ways }: Teacher,
  { order, augmentation = {} }: RunConfiguration,
  data: RunData,
  options: Pick<TrainOptions, "teacher" | "onProgress">,
): Promise<{ readonly teaching: Teaching; readonly seconds: number }> {
  const own = teacherData(data);
  const { onProgress } = options;
  const run = options.teacher ??
    await trainRun(configuration, own, onProgress ? { onProgress } : {});
  const images = order === "shuffled" ? own.train : sortByClass(own.train);
  const weights = await sha256(encodeSafetensors(run.weights));
  const id = JSON.stringify([weights, ways, weight, augmentation, order, images.key]);
  if (lastTaught?.id !== id) {
    const began = performance.now();
    using system = await restore(run);
    const { normalisation } = run;
    const shown = {
      seed: configuration.seed,
      ways,
      weight,
      augmentation,
      normalisation,
      onProgress,
    };
    const teaching = await teach(system, images, shown);
    const seconds = run.seconds + (performance.now() - began) / 1000;
    lastTaught = { id, teaching, seconds };
  }
  return lastTaught;
}

/** @throws RangeError if a teacher is given that is not the one that the configuration asks for */
function checkTeacher({ teacher }: RunConfiguration, given: Run | undefined): void {
  if (given === undefined) return;
  if (!teacher) {
    throw new RangeError(
      "a trained teacher is given, but the run's configuration has none: name it there as teacher",
    );
  }
  const wanted = runConfiguration(teacher.configuration);
  const found = runConfiguration(given.configuration);
  const all = Object.keys({ ...wanted, ...found }) as (keyof RunConfiguration)[];
  const other = all.find((key) => JSON.stringify(wanted[key]) !== JSON.stringify(found[key]));
  if (other === undefined) return;
  const [has, needs] = [found[other], wanted[other]].map((value) => JSON.stringify(value));
  throw new RangeError(
    `the teacher that is given has another ${other} than the run's teacher.configuration, ` +
      `${has}, not ${needs}: give the right one, or none`,
  );
}

/** What the last teacher answered, for pupils that differ in their seed only. */
let lastTaught:
  | { readonly id: string; readonly teaching: Teaching; readonly seconds: number }
  | undefined;

/**
 * Trains and returns the run. Without a checkpoint it starts from the beginning and writes nothing.
 * @throws BrokenLossError if the loss is NaN or infinite, unless the options say to go on
 */
export function trainRun(
  configuration: RunConfiguration,
  data: RunData,
  options?: TrainOptions,
): Promise<Run>;
/**
 * The same with a signal. If it stops the training, the epochs completed and the weights reached are
 * returned as a `StoppedRun`.
 */
export function trainRun(
  configuration: RunConfiguration,
  data: RunData,
  options: StoppableTrainOptions,
): Promise<Run | StoppedRun>;
export async function trainRun(
  configuration: RunConfiguration,
  data: RunData,
  options: TrainOptions | StoppableTrainOptions = {},
): Promise<Run | StoppedRun> {
  const { system, train, normalisation, teacherSeconds } = await prepareRun(
    configuration,
    data,
    {},
    options,
  );
  try {
    const { signal, teacher: _, checkpoint, optimizerState, ...others } = options;
    if (options.loss && configuration.faults?.length) {
      throw new RangeError(`a run with the fault "${configuration.faults[0]}" takes no other loss`);
    }
    const resume = await checkpoint?.read(system.runsOn);
    const history = await system.fit(train, {
      ...fitOptionsOf(configuration),
      validation: batches(data.val, normalisation),
      ...others,
      ...(signal ? { signal } : {}),
      ...checkpoint && { onState: checkpoint.listener(system.runsOn, signal) },
      ...resume ? { resume } : optimizerState && { optimizerState },
    });
    const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
    const weights = await system.weights();
    const run = {
      configuration,
      normalisation,
      history,
      seconds,
      weights,
      ...teacherSeconds !== undefined && { teacherSeconds },
    };
    const wasStopped = signal?.aborted && history.length < configuration.epochs;
    return wasStopped ? { ...run, stopped: true } : run;
  } finally {
    system.dispose();
  }
}

/** What a configuration tells `System.fit`. */
export function fitOptionsOf(configuration: RunConfiguration): FitOptions {
  const { epochs, optimizer, schedule, averaging, labelSmoothing = 0 } = configuration;
  return {
    // a run with the paper's mistakes may diverge, and then that is its result
    epochs,
    optimizer,
    labelSmoothing,
    continueAtBrokenLoss: hasMistakes(configuration),
    ...(schedule === "one-cycle" ? { schedule: oneCycle } : {}),
    ...averaging !== undefined && { averaging },
  };
}

/** Whether a configuration has a mistake of the paper's code, be it a fault or a setting. */
function hasMistakes({ faults = [], pixels, start }: RunConfiguration): boolean {
  return faults.length > 0 || pixels === "raw" || start === "saturating";
}

function checkLabels(architecture: Architecture, data: RunData): void {
  const classes = countClasses(architecture);
  for (const split of ["train", "val", "test"] as const) {
    const { labels } = data[split];
    const index = labels.findIndex((label) => label < 0 || label >= classes);
    if (index >= 0) {
      throw new RangeError(
        `${split} image ${index} has label ${labels[index]}, the network has ${classes} classes`,
      );
    }
  }
}
