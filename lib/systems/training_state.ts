import { checkWeights, type Weights } from "../model/weights.ts";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import { describe } from "../model/describe.ts";
import type { OptimizerState } from "../model/training_step.ts";
import { checkElements } from "../util/element_count.ts";
import type { Batches, FitOptions, History } from "./system.ts";

/** Sums over the batches of an epoch that have been trained on. */
export interface EpochSums {
  /** Number of images. */
  readonly images: number;
  /** Of the images' losses, in nats. */
  readonly loss: number;
  /** Images classified correctly. */
  readonly correct: number;
  /** Seconds spent. */
  readonly seconds: number;
}

/**
 * A training between two batches: all that is needed to go on from there and to end with the same bits as
 * without the interruption. The order of the images, and whatever else is random, depends on the seeds of the
 * batches and on the position alone.
 */
export interface TrainingState {
  /** Batches trained on, over all epochs. */
  readonly steps: number;
  /** Number that the batches gave to the training's first epoch. */
  readonly firstEpoch: number;
  /** One record for each epoch that was completed, evaluation included. */
  readonly history: History;
  /** Of the epoch at hand. */
  readonly sums: EpochSums;
  /** The weights after the last batch. */
  readonly weights: Weights;
  /** What the optimizer remembers. */
  readonly optimizer: OptimizerState;
  /**
   * Arrays that are kept beside the system, by the keeper's name. Those of `fit` are the `average`, if it was told
   * to average the weights, and those of its callbacks, `callback <name>`. It knows nothing of others; whoever has them adds them in `onState` and takes them
   * back.
   */
  readonly companions?: Readonly<Record<string, Weights>>;
  /** What the callbacks remember besides arrays, by their names. */
  readonly callbacks?: Readonly<Record<string, unknown>>;
}

/**
 * Checks that a training can go on from a state, or begin with an optimizer's.
 * @throws RangeError naming what does not fit
 */
export function checkResume(
  architecture: Architecture,
  train: Batches,
  { epochs, optimizer, resume, optimizerState, averaging, callbacks = [] }: FitOptions,
): void {
  if (resume && optimizerState) {
    throw new RangeError("resume holds the optimizer's state already; leave out optimizerState");
  }
  if (optimizerState) checkOptimizerState(architecture, optimizer.kind, optimizerState);
  if (resume === undefined) return;
  if (typeof train.seek !== "function") {
    throw new RangeError("a training goes on only with batches that can seek, a DataLoader, say");
  }
  const { steps, history, weights } = resume, { length } = train;
  const batch = steps - history.length * length;
  const isInEpoch = Number.isInteger(steps) && batch >= 0 && batch <= length;
  if (!isInEpoch || history.length > epochs || steps > epochs * length) {
    throw new RangeError(
      `no training of ${epochs} epochs of ${length} batches stands at ${
        describe(steps)
      } batches and ` +
        `${history.length} whole epochs`,
    );
  }
  checkWeights(architecture, weights);
  checkOptimizerState(architecture, optimizer.kind, resume.optimizer);
  for (const { name, restore } of callbacks) {
    if (!restore || Object.hasOwn(resume.callbacks ?? {}, name)) continue;
    throw new RangeError(
      `the state knows nothing of the callback ${name}; leave it out, or begin anew`,
    );
  }
  if (averaging === undefined) return;
  const average = resume.companions?.average;
  if (!average) {
    throw new RangeError(
      "the state has no mean of the weights; leave out averaging, or begin anew",
    );
  }
  checkWeights(architecture, average);
}

function checkOptimizerState(
  architecture: Architecture,
  kind: OptimizerState["kind"],
  state: OptimizerState,
): void {
  if (state.kind !== kind) {
    throw new RangeError(`the optimizer is ${kind}, the state is that of ${describe(state.kind)}`);
  }
  if (!Number.isInteger(state.steps) || state.steps < 0) {
    throw new RangeError(
      `an optimizer has taken a whole number of steps, got ${describe(state.steps)}`,
    );
  }
  const all = state.kind === "adam" ? [state.mean, state.square] : [state.velocity];
  const trained = parameterShapes(architecture).filter(({ isStatistic }) => !isStatistic);
  for (const arrays of all) {
    for (const { name, shape } of trained) {
      const array = arrays[name];
      if (array?.shape.join() !== shape.join()) {
        throw new RangeError(
          `the optimizer's state needs ${name} of shape (${shape.join(", ")}), got ${
            array ? `(${array.shape.join(", ")})` : "nothing"
          }`,
        );
      }
      checkElements(`the optimizer's state of ${name}`, array);
    }
  }
}
