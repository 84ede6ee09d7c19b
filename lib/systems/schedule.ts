/**
 * Schedules: a factor on the learning rate by the part of all steps that is done, in [0, 1), and by the place of
 * the step.
 */

import { describe } from "../model/describe.ts";

/** The place of a step in its training. */
export interface StepPlace {
  /** Number of the step over all epochs, from 0. */
  readonly step: number;
  /** Steps in the whole training. */
  readonly steps: number;
  /** Number of the epoch, from 0. */
  readonly epoch: number;
  /** Epochs in the whole training. */
  readonly epochs: number;
  /** The optimizer's own learning rate. */
  readonly learningRate: number;
}

/** A factor on the learning rate, finite and at least 0. */
export type Schedule = (done: number, place: StepPlace) => number;

/** Half a cosine wave between two numbers. */
const cosine = (from: number, to: number, at: number) =>
  to + (from - to) * (1 + Math.cos(Math.PI * at)) / 2;

/**
 * One cycle (Smith & Topin 2019): the factor rises from 4 % to 1 along half a cosine wave during the first
 * quarter of the steps, and falls to 0.1 % along another half during the rest.
 */
export function oneCycle(done: number): number {
  const [start, top, end] = [0.04, 0.25, 1e-3];
  return done < top ? cosine(start, 1, done / top) : cosine(1, end, (done - top) / (1 - top));
}

/** Falls from 1 to 0 along half a cosine wave (Loshchilov & Hutter 2017, without restarts). */
export function cosineDecay(done: number): number {
  return cosine(1, 0, done);
}

/**
 * Multiplies by a factor after every so many epochs.
 * @throws RangeError if `epochs` is no whole number of at least 1, or the factor not finite and at least 0
 */
export function stepDecay(epochs: number, factor = 0.1): Schedule {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`stepDecay takes a whole number of epochs of at least 1, got ${epochs}`);
  }
  if (!(Number.isFinite(factor) && factor >= 0)) {
    throw new RangeError(`stepDecay takes a finite factor of at least 0, got ${factor}`);
  }
  return (_done, { epoch }) => factor ** Math.floor(epoch / epochs);
}

/**
 * Rises in a straight line during the first steps, and then follows another schedule from its beginning.
 * @param steps a whole number of at least 1
 * @throws RangeError if it is none, or `then` is no function
 */
export function warmUp(steps: number, then: Schedule = () => 1): Schedule {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`warmUp takes a whole number of steps of at least 1, got ${steps}`);
  }
  requireFunction("warmUp", then);
  return (_done, place) => {
    if (place.step < steps) return (place.step + 1) / (steps + 1);
    const rest = { ...place, step: place.step - steps, steps: place.steps - steps };
    return then(rest.step / rest.steps, rest);
  };
}

/**
 * A schedule of learning rates themselves, in place of factors: by epoch and step, both from 0.
 * @throws RangeError if it is given no function
 */
export function learningRates(rate: (epoch: number, step: number) => number): Schedule {
  requireFunction("learningRates", rate);
  return (_done, { epoch, step, learningRate }) => rate(epoch, step) / learningRate;
}

/** A training would come to it only after its first steps. */
function requireFunction(what: string, given: unknown): void {
  if (typeof given !== "function") {
    throw new RangeError(`${what} takes a function, got ${describe(given)}`);
  }
}
