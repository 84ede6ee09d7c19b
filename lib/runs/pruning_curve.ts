import { pruneIteratively, type PruneScope } from "../compression/finetune.ts";
import { correct } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import { predictAll } from "../systems/evaluate.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { asFamily, type TestedComparison, testPair } from "./comparison.ts";
import type { Experiment } from "./experiment.ts";
import { defaultFineTune, fineTuneFit, type FineTuneOptions, trainBatches } from "./finetuning.ts";
import { batches, restore, type Run, type RunData } from "./run.ts";
import { scorePredictions } from "./score_run.ts";
import { sideBySide, type Telling, trainsApart, type Work } from "./side_by_side.ts";
import { untilStopped } from "./stopped.ts";

/** One point of the curve of accuracy against sparsity. */
export interface CurvePoint {
  /**
   * Whether each layer or the whole network was sorted by magnitude. The control is the dense network,
   * never pruned, and trained for as long as the others had been when they came to this sparsity.
   */
  readonly scope: PruneScope | "control";
  /** Share of the weights that are zero, from 0 to 1; of a control, that of the networks beside it. */
  readonly sparsity: number;
  /** Epochs of training after the run's own. */
  readonly moreEpochs: number;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** The control trained for as long against this network, on top-1; absent for the control. */
  readonly paired?: TestedComparison;
}

/** Sparsities of the curve, up to 98 %. */
export const curveSparsities: readonly number[] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

/** A point before it is compared with its control. */
interface MeasuredPoint extends Omit<CurvePoint, "paired"> {
  /** Which of `curveSparsities`, from 1; 0 before anything is pruned. */
  readonly step: number;
  /** Whether each test image was classified correctly. */
  readonly right: readonly boolean[];
}

/**
 * Iterative magnitude pruning, per layer and global, and a control that trains for as long without any
 * pruning: accuracy on the test images at each sparsity. If the listener stops the work, the points that are
 * measured, and their controls, are the result.
 * @param experiment of the same images; with it the three go on at a time, see `sideBySide`
 */
export async function pruningCurve(
  run: Run,
  data: RunData,
  fineTuning: FineTuneOptions = defaultFineTune,
  onProgress?: OnProgress,
  experiment?: Experiment,
): Promise<CurvePoint[]> {
  const scopes = ["control", "layer", "global"] as const;
  const controls: MeasuredPoint[] = [], pruned: MeasuredPoint[] = [];
  await untilStopped(controls, async () => {
    const works = scopes.map((scope): Work<void> => ({
      name: `the pruning curve "${scope}"`,
      module: import.meta.url,
      run: measureCurve,
      args: [run, fineTuning, scope],
      units: curveSparsities.length * fineTuning.epochs,
      isApart: trainsApart(run.configuration),
    }));
    const onPart = (part: unknown) => {
      const point = part as MeasuredPoint;
      (point.scope === "control" ? controls : pruned).push(point);
    };
    await sideBySide(experiment ?? { data }, works, { onProgress, onPart });
  });
  const inOrder = scopes.slice(1).flatMap((scope) => pruned.filter((own) => own.scope === scope));
  const points = [...controls, ...inOrder.filter(({ step }) => step < controls.length)]
    .map(({ step, right, ...point }): CurvePoint => ({
      ...point,
      ...point.scope !== "control" && { paired: testPair(controls[step]!.right, right) },
    }));
  // before anything is pruned there is nothing to test
  const tests = asFamily(points.map(({ paired, sparsity }) => sparsity > 0 ? paired : undefined));
  return points.map((point, i) => tests[i] ? { ...point, paired: tests[i] } : point);
}

/** One of the curves, point by point. */
export async function measureCurve(
  { data }: { readonly data: RunData },
  { onProgress, onPart }: Telling,
  run: Run,
  fineTuning: FineTuneOptions,
  scope: CurvePoint["scope"],
): Promise<void> {
  const { epochs } = fineTuning;
  const joined = new JoinedProgress(curveSparsities.length * epochs, onProgress);
  const system = await restore(run);
  const add = async (sparsity: number, step: number) => {
    const given = await predictAll(system, batches(data.test, run.normalisation));
    const { top1, top5 } = scorePredictions(given);
    const point: MeasuredPoint = {
      scope,
      sparsity,
      step,
      moreEpochs: step * epochs,
      top1,
      top5,
      right: correct(given),
    };
    await onPart(point);
  };
  try {
    await add(0, 0);
    const loader = trainBatches(run, data);
    const fit = () => ({ ...fineTuneFit(fineTuning), onProgress: joined.part(epochs) });
    if (scope === "control") {
      for (const [i, sparsity] of curveSparsities.entries()) {
        await system.fit(loader, fit());
        await add(sparsity, i + 1);
      }
    } else {
      await pruneIteratively(
        system,
        loader,
        curveSparsities,
        scope,
        fit,
        ({ sparsity, step }) => add(sparsity, step),
      );
    }
  } finally {
    system.dispose();
  }
}
