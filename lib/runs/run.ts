import type { Architecture } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import { views } from "../pixels/augment.ts";
import { DataLoader } from "../pixels/loader.ts";
import type { DataLoaderOptions } from "../pixels/loader_options.ts";
import type { Normalisation, PixelSet } from "../pixels/pixels.ts";
import { createSystem } from "../systems/create_system.ts";
import { logProbabilities, predictAll, type Predictions } from "../systems/evaluate.ts";
import type { History, System } from "../systems/system.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/** The pixels that a run learns from and is measured on. */
export interface RunData {
  /** What the weights are fitted to. */
  readonly train: PixelSet;
  /** What choices are made on. */
  readonly val: PixelSet;
  /** What results are reported on. */
  readonly test: PixelSet;
  /** The same images in the same order as a teacher sees them, in colour, say; absent: as they are here. */
  readonly teacher?: Omit<RunData, "teacher">;
}

/** A finished training: everything that tables and figures are made from. */
export interface Run {
  /** What was chosen before the training. */
  readonly configuration: RunConfiguration;
  /** Of the training images; new images need it too. */
  readonly normalisation: Normalisation;
  /** One record for each epoch. */
  readonly history: History;
  /** Seconds of training over all epochs, evaluation not counted. */
  readonly seconds: number;
  /** Seconds in which the teacher was trained and asked, which `seconds` leaves out; absent: no teacher. */
  readonly teacherSeconds?: number;
  /** The weights after the last epoch. */
  readonly weights: Weights;
  /** Only a `StoppedRun` has it, so that neither of the two is taken for the other. */
  readonly stopped?: undefined;
}

/** A training that a signal stopped before its end. No store keeps it as a run. */
export interface StoppedRun extends Omit<Run, "stopped"> {
  /** Tells it from a `Run`. */
  readonly stopped: true;
  /** One record for each epoch that was completed. */
  readonly history: History;
  /** Seconds of training over the completed epochs. */
  readonly seconds: number;
  /** The weights after the last batch that was trained on. */
  readonly weights: Weights;
}

/** Batches of a split as the systems take them. */
export function batches(
  pixels: PixelSet,
  normalisation: Normalisation,
  options: Omit<DataLoaderOptions, "normalisation"> = {},
): DataLoader {
  return new DataLoader(pixels, { ...options, normalisation });
}

/**
 * The images as a teacher sees them, or, where it has none of its own, as they are.
 * @throws RangeError if the teacher's images are not as many, or have other labels
 */
export function teacherData({ teacher, ...own }: RunData): RunData {
  if (!teacher) return own;
  const { labels } = own.train, others = teacher.train.labels;
  if (labels.length !== others.length || labels.some((label, i) => label !== others[i])) {
    throw new RangeError(
      "the teacher's training images are not those of the network that it teaches",
    );
  }
  return teacher;
}

/** A system with a run's weights, without the run's faults. The caller disposes of it. */
export async function restore(
  { configuration, weights }: Pick<Run, "configuration" | "weights">,
): Promise<System> {
  const system = await systemOf(configuration);
  // those of a training that diverged are part of its result
  await system.setWeights(weights, { allowBroken: true });
  return system;
}

/** A run's system on the run's backend, with weights of its own. The caller disposes of it. */
export async function systemOf(
  { system, backend, architecture: own }: RunConfiguration,
  architecture: Architecture = own,
): Promise<System> {
  return await createSystem(system, architecture, backend && { backend });
}

/**
 * What a run's network answers for a split. Where the configuration asks for views, the logits are the
 * means of the views' log-probabilities.
 */
export async function predictions(
  run: Pick<Run, "configuration" | "normalisation" | "weights">,
  pixels: PixelSet,
): Promise<Predictions> {
  const { normalisation, configuration: { views } } = run;
  const system = await restore(run);
  try {
    return views
      ? await predictViews(system, pixels, normalisation, views)
      : await predictAll(system, batches(pixels, normalisation));
  } finally {
    system.dispose();
  }
}

async function predictViews(
  system: System,
  pixels: PixelSet,
  normalisation: Normalisation,
  chosen: NonNullable<RunConfiguration["views"]>,
): Promise<Predictions> {
  let sum: Float32Array | undefined, count = 0, last: Predictions | undefined;
  for (const view of views(pixels, chosen)) {
    last = await predictAll(system, batches(view, normalisation));
    const logs = logProbabilities(last);
    sum = sum ? sum.map((x, i) => x + logs[i]!) : logs;
    count++;
  }
  return { ...last!, logits: sum!.map((x) => x / count) };
}
