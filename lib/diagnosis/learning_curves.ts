import { confusionMatrix } from "../metrics/confusion.ts";
import { topK } from "../metrics/topk.ts";
import { type Accuracy, wilson } from "../metrics/wilson.ts";
import type { Architecture } from "../model/architecture.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { predictions, type Run } from "../runs/run.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import type { RunOrigin } from "../runs/run_store.ts";
import { systemNames } from "../systems/create_system.ts";
import type { History, SystemName } from "../systems/system.ts";
import { faultyRun, paperRuns } from "./paper_faults.ts";

/** One training, of which training and validation accuracy are followed through the epochs. */
export interface LearningCurve {
  /** What is trained: the run of the paper's code, the corrected one, or that for longer. */
  readonly name: "published" | "corrected" | "corrected, long";
  /** What trains it. */
  readonly system: SystemName;
  /** The run with its history. */
  readonly run: Run;
  /** Whether the run was found or trained now. */
  readonly origin: RunOrigin;
  /** Top-1 of the trained network on the images that it has learned from. */
  readonly train: Accuracy;
  /** Top-1 of the trained network on the validation images. */
  readonly val: Accuracy;
  /** How many different classes it answers for the validation images. */
  readonly predicted: number;
  /** Whether it overfits. */
  readonly overfits: boolean;
  /** Both accuracies by epoch, those on training images as they were while the weights moved. */
  readonly points: readonly EpochAccuracies[];
}

/** One epoch of a learning curve. */
export interface EpochAccuracies {
  /** Counted from 1. */
  readonly epoch: number;
  /** Top-1 on the training images. */
  readonly train: number;
  /** Top-1 on the validation images. */
  readonly val: Accuracy;
}

/** How long the longest training is, in epochs. */
export const LONG = 40;

/** What a learning curve is made of. */
export type PlannedCurve = Pick<LearningCurve, "name"> & {
  /** What is trained. */
  readonly configuration: RunConfiguration;
};

/** The runs of `learningCurves`, in their order. */
export function learningCurveRuns(architecture: Architecture): PlannedCurve[] {
  const runs = paperRuns(architecture);
  const long = { ...faultyRun(architecture, "numpy"), epochs: LONG };
  return [
    ...systemNames.flatMap((system): PlannedCurve[] => [
      {
        name: "published",
        configuration: faultyRun(architecture, system, runs[system].faults),
      },
      { name: "corrected", configuration: faultyRun(architecture, system) },
    ]),
    { name: "corrected, long", configuration: long },
  ];
}

/**
 * The published and the corrected run of each system, and the corrected one of numpy for 40 epochs.
 * They show whether a network overfits, which is where training and validation part. Each has seed 1.
 */
export async function learningCurves(
  { store, data, architecture }: Pick<Experiment, "store" | "data" | "architecture">,
  progress?: ProgressFactory,
): Promise<LearningCurve[]> {
  const runs = paperRuns(architecture), planned = learningCurveRuns(architecture);
  const told = progress?.("Learning curves", "runs");
  const curves: LearningCurve[] = [];
  for (const { name, configuration } of planned) {
    const { system } = configuration;
    const onProgress = progress?.(`${runs[system].title}, ${name}`, "images");
    const { run, origin } = await store.loadOrTrain(configuration, data, {
      continueAtBrokenLoss: true, // that a training diverges would be seen in its curve
      ...(onProgress ? { onProgress } : {}),
    });
    const [train, val] = [await predictions(run, data.train), await predictions(run, data.val)];
    const ends = { train: topK(train, 1), val: topK(val, 1) };
    const points = curvePoints(run.history);
    const { predicted } = confusionMatrix(val);
    curves.push({
      name,
      system,
      run,
      origin,
      ...ends,
      predicted,
      overfits: overfits(ends),
      points,
    });
    await told?.(curves.length, planned.length);
  }
  return curves;
}

/** The points of a learning curve. @throws RangeError if an epoch was not validated */
export function curvePoints(history: History): EpochAccuracies[] {
  return history.map(({ epoch, accuracy, val }) => {
    if (!val) throw new RangeError(`epoch ${epoch} was not validated; fit() needs \`validation\``);
    const hits = Math.round(val.top1 * val.images);
    return { epoch, train: accuracy, val: wilson(hits, val.images) };
  });
}

/** Whether a network overfits: its accuracy on training images lies above that on others, intervals and all. */
export function overfits({ train, val }: Pick<LearningCurve, "train" | "val">): boolean {
  return train.interval[0] > val.interval[1];
}

/** Which of the published, the corrected and the long runs overfit, in words. */
export function overfittingText(
  curves: readonly (Pick<LearningCurve, "name" | "train" | "val"> & { readonly title: string })[],
): string {
  const told = (["published", "corrected", "corrected, long"] as const).flatMap((name) => {
    const own = curves.filter((curve) => curve.name === name);
    if (own.length === 0) return [];
    const found = own.filter((curve) => overfits(curve)).map(({ title }) => title);
    const what = name === "corrected, long" ? `corrected runs of ${LONG} epochs` : `${name} runs`;
    const which = found.length === 0
      ? `none does better on its training images than on validation images`
      : found.length === own.length && own.length > 1
      ? "all do better on training images"
      : `${found.join(", ")} ${found.length === 1 ? "does" : "do"} better on training images`;
    return [`Of the ${what} (${own.map(({ title }) => title).join(", ")}), ${which}.`];
  });
  const fitting = curves.filter((curve) => curve.name === "published" && !overfits(curve));
  if (fitting.length > 0) {
    const titles = fitting.map(({ title }) => title).join(" and ");
    told.push(`What ${titles} scored as published is not explained by overfitting.`);
  }
  return told.join(" ");
}
