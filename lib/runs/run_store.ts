import { join } from "node:path";
import { parameterShapes } from "../model/architecture.ts";
import { decodeSafetensors, encodeChecked } from "../model/safetensors.ts";
import { checkFiniteWeights, checkWeights } from "../model/weights.ts";
import { BrokenLossError } from "../systems/system.ts";
import { elementCount } from "../util/element_count.ts";
import { exists, requireRoom, writeAtomic } from "../util/files.ts";
import { nameNonFinite, readNonFinite } from "../util/non_finite_json.ts";
import { readFile } from "../util/platform.ts";
import { Checkpoint } from "./checkpoint.ts";
import { type Run, type RunData, type StoppedRun, teacherData } from "./run.ts";
import type { StoppableTrainOptions, TrainOptions } from "./train_options.ts";
import { fitOptionsOf, trainRun } from "./train_run.ts";
import type { OnProgress } from "../util/progress.ts";
import type { RunConfiguration, TeacherConfiguration } from "./run_configuration.ts";
import { runKey } from "./run_key.ts";
import { Stopped } from "./stopped.ts";
import { trainingCode } from "./training_code.ts";

/**
 * Where a run came from: `loaded` from the store, `trained` because there was none, or `trained again`
 * because the kept one was made by other code.
 */
export type RunOrigin = "loaded" | "trained" | "trained again";

/** A run, and where it came from. */
export interface KeptRun {
  /** The run. */
  readonly run: Run;
  /** Whether the run was found or trained now. */
  readonly origin: RunOrigin;
}

/** A training that was stopped, in the place of a kept run. */
export interface StoppedTraining {
  /** As far as it came. */
  readonly run: StoppedRun;
  /** Tells it from a `KeptRun`. */
  readonly origin: "stopped";
}

/** How a `RunStore` works. */
export interface RunStoreOptions {
  /** Least seconds from one checkpoint of a training to the next; default 5. With 0 each batch has one. */
  readonly checkpointSeconds?: number;
}

/**
 * Keeps runs in a folder, each in a file of its own under the key of its configuration and images, so
 * that runs that differ in anything (their seed or length, say) stand side by side. Runs are
 * safetensors files: the weights, and everything else as JSON in the metadata.
 */
export class RunStore {
  readonly #folder: string;
  #code: Promise<string> | undefined;

  /**
   * A store in a results folder, which need not exist yet.
   * @param results folder of the experiment's results; runs are kept in its `runs`
   */
  constructor(results: string, readonly options: RunStoreOptions = {}) {
    this.#folder = join(results, "runs");
  }

  /** Where the run of a configuration is kept, whether it is there or not. */
  async path(configuration: RunConfiguration, data: RunData): Promise<string> {
    const key = await runKey(configuration, data);
    const { system, seed } = configuration;
    return join(this.#folder, `${system}-seed${seed}-${key.slice(0, 16)}.safetensors`);
  }

  /**
   * Reads a kept run.
   * @returns undefined if there is none, or it was made by other code
   * @throws Error naming the file if it is damaged
   */
  async load(configuration: RunConfiguration, data: RunData): Promise<Run | undefined> {
    return (await this.#read(configuration, data)).run;
  }

  /**
   * Writes a run, whole or not at all, and removes its checkpoint.
   * @throws RangeError if the run was stopped before its last epoch
   */
  async save(run: Run, data: RunData): Promise<void> {
    const { weights, ...rest } = run;
    const { history, configuration: { epochs } } = run;
    // a notebook's types are not checked when it runs
    if (run.stopped || history.length !== epochs) {
      throw new RangeError(
        `a run of ${history.length} of ${epochs} epochs is not kept as a whole one; train it to its end`,
      );
    }
    const path = await this.path(run.configuration, data);
    const metadata = {
      key: await runKey(run.configuration, data),
      code: await this.#codeDigest(),
      run: JSON.stringify(rest, nameNonFinite),
    };
    await writeAtomic(path, encodeChecked(weights, metadata));
    await (await this.#checkpoint(run.configuration, data)).remove();
  }

  /** Where the training of a configuration keeps its state. */
  async #checkpoint(configuration: RunConfiguration, data: RunData): Promise<Checkpoint> {
    const path = (await this.path(configuration, data)).replace(/safetensors$/, "checkpoint");
    const owner = { key: await runKey(configuration, data), code: await this.#codeDigest() };
    return new Checkpoint(path, owner, this.options.checkpointSeconds);
  }

  /**
   * Trains, whatever run is kept, and keeps the result. A training of the same configuration that was
   * interrupted goes on.
   * @throws Error before the training, naming the folder, if there is no room for the result
   */
  train(configuration: RunConfiguration, data: RunData, options?: TrainOptions): Promise<Run>;
  /** The same with a signal. A run that it stops is returned, but not kept. */
  train(
    configuration: RunConfiguration,
    data: RunData,
    options: StoppableTrainOptions,
  ): Promise<Run | StoppedRun>;
  async train(
    configuration: RunConfiguration,
    data: RunData,
    options: TrainOptions | StoppableTrainOptions = {},
  ): Promise<Run | StoppedRun> {
    refuseUnkept(options);
    const { teacher } = configuration;
    const taught = teacher && !options.teacher
      ? { teacher: await this.#teacher(teacher.configuration, data, options.onProgress) }
      : {};
    await requireRoom(this.#folder, bytesOf(configuration));
    const run = await trainRun(configuration, data, {
      checkpoint: await this.#checkpoint(configuration, data),
      ...options as StoppableTrainOptions,
      ...taught,
    }).catch((error) => {
      if (!(error instanceof Stopped)) throw error;
      throw new Stopped(`${error.message}. Run the cell again to go on from the last checkpoint.`);
    });
    if (!run.stopped) await this.save(run, data);
    return run;
  }

  /**
   * The kept run of a configuration, or else a new one, which is kept; `origin` tells which.
   * @throws BrokenLossError if the run has diverged, kept or new, unless the options say to go on
   */
  loadOrTrain(
    configuration: RunConfiguration,
    data: RunData,
    options?: TrainOptions,
  ): Promise<KeptRun>;
  /** The same with a signal. A run that it stops is returned, but not kept. */
  loadOrTrain(
    configuration: RunConfiguration,
    data: RunData,
    options: StoppableTrainOptions,
  ): Promise<KeptRun | StoppedTraining>;
  async loadOrTrain(
    configuration: RunConfiguration,
    data: RunData,
    options: TrainOptions | StoppableTrainOptions = {},
  ): Promise<KeptRun | StoppedTraining> {
    refuseUnkept(options);
    const { run, outdated } = await this.#read(configuration, data);
    if (run) {
      const { continueAtBrokenLoss } = { ...fitOptionsOf(configuration), ...options };
      if (!continueAtBrokenLoss) requireFinite(run, await this.path(configuration, data));
      return { run, origin: "loaded" };
    }
    const trained = await this.train(configuration, data, options as StoppableTrainOptions);
    if (trained.stopped) return { run: trained, origin: "stopped" };
    return { run: trained, origin: outdated ? "trained again" : "trained" };
  }

  /** A teacher is a run like any other, and serves all who learn from it. */
  async #teacher(
    configuration: TeacherConfiguration,
    data: RunData,
    onProgress: OnProgress | undefined,
  ): Promise<Run> {
    const told = onProgress ? { onProgress } : {};
    return (await this.loadOrTrain(configuration, teacherData(data), told)).run;
  }

  async #read(
    configuration: RunConfiguration,
    data: RunData,
  ): Promise<{ readonly run?: Run; readonly outdated: boolean }> {
    const path = await this.path(configuration, data);
    if (!await exists(path)) return { outdated: false };
    const { weights, metadata } = decodeSafetensors(await readFile(path), path);
    if (metadata.key !== await runKey(configuration, data) || metadata.run === undefined) {
      throw new Error(`${path} does not hold the run that its name says; delete it`);
    }
    if (metadata.code !== await this.#codeDigest()) return { outdated: true };
    const { architecture } = configuration;
    checkWeights(architecture, weights);
    // a JSON header may list the arrays in any order; keep the network's
    const inOrder = parameterShapes(architecture).map(({ name }) => [name, weights[name]!]);
    const rest = JSON.parse(metadata.run, readNonFinite);
    return { run: { ...rest, weights: Object.fromEntries(inOrder) }, outdated: false };
  }

  #codeDigest(): Promise<string> {
    return this.#code ??= trainingCode();
  }
}

/** @throws BrokenLossError naming the file, if the training that it keeps has diverged */
function requireFinite({ history, weights }: Run, path: string): void {
  const broken = history.find(({ loss }) => !Number.isFinite(loss));
  if (broken) {
    throw new BrokenLossError(`${path}: the loss of epoch ${broken.epoch} is ${broken.loss}`);
  }
  try {
    checkFiniteWeights(weights);
  } catch (error) {
    throw new BrokenLossError(`${path}: ${(error as Error).message}`);
  }
}

/** @throws RangeError if a run would depend on more than its configuration and the images */
function refuseUnkept(options: TrainOptions | StoppableTrainOptions): void {
  for (const key of ["callbacks", "schedule", "loss", "optimizerState"] as const) {
    if (options[key] === undefined) continue;
    throw new RangeError(
      `no run is kept that was trained with ${key}, which is no part of its configuration; call trainRun`,
    );
  }
}

/** Bytes that a training writes at most: the run, and the checkpoint twice, since it is replaced whole. */
function bytesOf({ architecture, epochs }: RunConfiguration): number {
  const numbers = parameterShapes(architecture)
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const [runArrays, checkpointArrays] = [1, 3];
  return 4 * numbers * (runArrays + 2 * checkpointArrays) + 3 * (16_384 + 512 * epochs);
}

/** "3 runs: 2 loaded, 1 trained", for the reader of a notebook. */
export function describeOrigins(
  runs: readonly { readonly origin: RunOrigin | StoppedTraining["origin"] }[],
): string {
  const parts = (["loaded", "trained", "trained again", "stopped"] as const).flatMap((origin) => {
    const count = runs.filter((run) => run.origin === origin).length;
    return count > 0 ? [`${count} ${origin}`] : [];
  });
  return `${runs.length} ${runs.length === 1 ? "run" : "runs"}: ${parts.join(", ")}`;
}
