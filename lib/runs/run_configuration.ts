import { type Architecture, countClasses } from "../model/architecture.ts";
import type { Initialisation } from "../model/initial_weights.ts";
import type { OptimizerOptions } from "../model/training_step.ts";
import { describe } from "../model/describe.ts";
import { type Augmentation, checkShift } from "../pixels/augment.ts";
import { checkMixing, type Mixing } from "../pixels/mix.ts";
import { type BackendName, backendNames } from "../backend/backend_names.ts";
import { checkOptimizer } from "../systems/check_fit.ts";
import { systemNames } from "../systems/create_system.ts";
import type { SystemName } from "../systems/system.ts";
import { checkFaults, type Fault } from "./faults.ts";

/**
 * How the weights start:
 * - `lecun`, `pytorch`, `keras`: the schemes of `initialWeights`
 * - `saturating`: as in the paper's NumPy code, see `saturatingWeights`
 * - `own`: what the system draws by itself. For numpy this is `lecun` and for torch `pytorch`. Keras
 *   draws from the distribution of `keras`, with random numbers of its own.
 */
export type Start = Initialisation | "saturating" | "own";

/**
 * A network whose answers to the training images another one learns from (Hinton et al. 2015). It may be
 * larger, and may see the images otherwise: in colour, say (`RunData.teacher`).
 */
export interface Teacher {
  /** How it is trained. */
  readonly configuration: TeacherConfiguration;
  /** Part of each target that is the teacher's answer, from 0 to 1; the rest is the label's. */
  readonly weight: number;
  /** How many augmented versions of each training image the teacher is shown, from 1. */
  readonly ways: number;
}

/** A run's configuration without a teacher of its own. */
export type TeacherConfiguration = Omit<RunConfiguration, "teacher">;

/** Everything that is chosen before a training. Together with the images it determines the run. */
export interface RunConfiguration {
  /** What computes. */
  readonly system: SystemName;
  /** The network. */
  readonly architecture: Architecture;
  /** How the weights start. */
  readonly start: Start;
  /** Grey levels from 0 to 255 as they are, or with mean 0 and std 1 over the training images. */
  readonly pixels: "raw" | "standardised";
  /** Order of the training images. A shuffled order is another one in each epoch. */
  readonly order: "by class" | "shuffled";
  /** The optimizer with its learning rate. */
  readonly optimizer: OptimizerOptions;
  /** Epochs of training, from 1. */
  readonly epochs: number;
  /** Images of a batch, from 1. */
  readonly batchSize: number;
  /** How the learning rate changes over the steps; absent: it stays as it is. */
  readonly schedule?: "one-cycle";
  /** Share of each target that is spread over all classes; absent: 0. */
  readonly labelSmoothing?: number;
  /** Decay of the mean of the weights over the steps, see `FitOptions.averaging`; absent: no mean. */
  readonly averaging?: number;
  /** How training images are varied; absent: not at all. */
  readonly augmentation?: Augmentation;
  /** How training images are mixed with each other; absent: not at all. */
  readonly mixing?: Mixing;
  /** The teacher whose answers are learned from too; absent: the labels alone are learned from. */
  readonly teacher?: Teacher;
  /** Predictions are means over these views of an image; absent: the image alone. */
  readonly views?: Augmentation;
  /** Seed of the starting weights and of the order of the images. */
  readonly seed: number;
  /** Mistakes that are made on purpose; absent: none. */
  readonly faults?: readonly Fault[];
  /** What torch and keras run on; absent: what `chooseBackend` takes. */
  readonly backend?: BackendName;
}

/** What a caller has to choose; the rest is as in the corrected recipe, with seed 1. */
export type RunSettings =
  & Pick<RunConfiguration, "system" | "architecture">
  & Partial<RunConfiguration>;

/** The recipe that is taken where nothing else is chosen: Table I's, with Adam's usual 1e-3. */
const defaults = {
  start: "own",
  pixels: "standardised",
  order: "shuffled",
  optimizer: { kind: "adam", learningRate: 1e-3 },
  epochs: 10,
  batchSize: 256,
  seed: 1,
} as const satisfies Partial<RunConfiguration>;

/** The scheme that each system's own start is. Keras has none here, see `Start`. */
const ownStart: Readonly<Record<SystemName, Start>> = {
  numpy: "lecun",
  torch: "pytorch",
  keras: "own",
};

/** Every key in the order in which configurations hold it, and the words it may have if they are few. */
const keys: Readonly<Record<keyof RunConfiguration, readonly string[] | undefined>> = {
  system: systemNames,
  architecture: undefined,
  start: ["lecun", "pytorch", "keras", "saturating", "own"],
  pixels: ["raw", "standardised"],
  order: ["by class", "shuffled"],
  optimizer: undefined,
  epochs: undefined,
  batchSize: undefined,
  schedule: ["one-cycle"],
  labelSmoothing: undefined,
  averaging: undefined,
  augmentation: undefined,
  mixing: undefined,
  teacher: undefined,
  views: undefined,
  seed: undefined,
  faults: undefined,
  backend: backendNames,
};

const nestedKeys: Readonly<Record<string, readonly string[]>> = {
  adam: ["kind", "learningRate", "weightDecay"],
  sgd: ["kind", "learningRate", "momentum"],
  augmentation: ["shift", "mirror"],
  mixing: ["kind", "share"],
  teacher: ["configuration", "weight", "ways"],
  views: ["shift", "mirror"],
};

/**
 * Completes a configuration. Equal choices give equal JSON, however they were written down.
 * @throws RangeError naming a key or a value that is not known, or a fault that the system cannot have
 */
export function runConfiguration(settings: RunSettings): RunConfiguration {
  refuseUnknown("a run's configuration", settings, Object.keys(keys));
  const chosen: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(settings)) {
    if (value !== undefined) chosen[key] = value;
  }
  const { system, optimizer } = chosen as unknown as RunConfiguration;
  for (const [key, words] of Object.entries(keys)) {
    const value = chosen[key];
    if (value !== undefined && words && !words.includes(value as string)) {
      throw new RangeError(`${key} must be one of ${words.join(", ")}, got ${value}`);
    }
  }
  const optimizerKeys = nestedKeys[optimizer?.kind];
  if (!optimizerKeys) {
    throw new RangeError(`the optimizer must be adam or sgd, got ${optimizer?.kind}`);
  }
  chosen.optimizer = ordered("optimizer", optimizer, optimizerKeys);
  for (const key of ["augmentation", "mixing", "teacher", "views"]) {
    if (chosen[key]) chosen[key] = ordered(key, chosen[key], nestedKeys[key]!);
  }
  if (chosen.start === "own") chosen.start = ownStart[system];
  if (system === "numpy") delete chosen.backend; // it has kernels of its own
  const faults = [...new Set(chosen.faults as readonly Fault[] | undefined)].sort();
  checkFaults(system, faults);
  if (faults.length > 0) chosen.faults = faults;
  else delete chosen.faults;
  const { labelSmoothing, mixing, teacher } = chosen as unknown as RunConfiguration;
  if (faults.length > 0 && labelSmoothing) {
    throw new RangeError(`labels cannot be smoothed in a run with the fault "${faults[0]}"`);
  }
  if (faults.length > 0 && (mixing || teacher)) {
    throw new RangeError(`a run with the fault "${faults[0]}" has neither mixing nor a teacher`);
  }
  if (teacher) chosen.teacher = completed(teacher);
  checkValues(chosen as unknown as RunConfiguration);
  return ordered("a run's configuration", chosen, Object.keys(keys)) as unknown as RunConfiguration;
}

/**
 * Refuses values at once that the training would refuse later: after a teacher's training, or in each worker of a
 * sweep.
 * @throws RangeError naming a value that nothing can be trained with
 */
function checkValues(configuration: RunConfiguration): void {
  const { architecture, optimizer, mixing, augmentation, views } = configuration;
  countClasses(architecture);
  const { labelSmoothing = 0, averaging = 0 } = configuration;
  for (const key of ["epochs", "batchSize"] as const) {
    const value = configuration[key];
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new RangeError(`${key} must be a whole number of at least 1, got ${describe(value)}`);
  }
  if (!Number.isSafeInteger(configuration.seed)) {
    throw new RangeError(`seed must be a whole number, got ${describe(configuration.seed)}`);
  }
  for (const [key, value] of Object.entries({ labelSmoothing, averaging })) {
    if (value >= 0 && value < 1) continue;
    throw new RangeError(`${key} must be in [0, 1), got ${describe(value)}`);
  }
  checkOptimizer(optimizer);
  if (mixing) checkMixing(mixing);
  const { height, width } = architecture.input;
  for (const { shift = 0 } of [augmentation ?? {}, views ?? {}]) checkShift(shift, height, width);
}

/** A teacher with its configuration completed. @throws RangeError naming what a teacher cannot have */
function completed(teacher: Teacher): Teacher {
  const { configuration, ways, weight } = teacher;
  if (!(weight >= 0 && weight <= 1)) {
    throw new RangeError(`teacher.weight must be from 0 to 1, got ${describe(weight)}`);
  }
  if ("teacher" in configuration) throw new RangeError("a teacher cannot have a teacher itself");
  if (!Number.isInteger(ways) || ways < 1) {
    throw new RangeError(`teacher.ways must be a whole number of at least 1, got ${ways}`);
  }
  return { ...teacher, configuration: runConfiguration(configuration) };
}

/** A copy with its keys in the order given. */
function ordered(what: string, given: object, known: readonly string[]): Record<string, unknown> {
  refuseUnknown(what, given, known);
  const values = given as Record<string, unknown>;
  return Object.fromEntries(
    known.filter((key) => values[key] !== undefined).map((key) => [key, values[key]]),
  );
}

function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`${what} has no key "${unknown}"; the keys are ${known.join(", ")}`);
  }
}
