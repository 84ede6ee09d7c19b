/** Callbacks: what takes part in a training besides the system, with a state of its own. */
import { requireKeys } from "../model/check_architecture.ts";
import { describe } from "../model/describe.ts";
import type { Weights } from "../model/weights.ts";
import type { BatchRecord, EpochRecord, FitOptions, System } from "./system.ts";

/** A training, as a callback sees it. */
export interface Training {
  /** What is trained. Its weights may be read and replaced. */
  readonly system: System;
  /** Number of the epoch at hand, from 1. */
  readonly epoch: number;
  /** Whether each epoch is evaluated on validation images. */
  readonly hasValidation: boolean;
  /** Batches trained on, over all epochs. */
  readonly steps: number;
  /** The weights that are evaluated: the running mean, if there is one, else those of the system. */
  weights(): Promise<Weights>;
  /** Ends the training: after the batch at hand, or from `onEpochEnd` with this epoch. */
  stop(): void;
}

/** What a callback must remember for the training to go on after an interruption. */
export interface CallbackState {
  /** Whatever JSON can tell. */
  readonly values?: unknown;
  /** Arrays. */
  readonly arrays?: Weights;
}

/**
 * Takes part in a training: an object, or an instance of a class, which may have fields of its own. Its
 * functions are called in the order of the callbacks, and awaited. After the training has ended it may be used for
 * another one: `onTrainBegin` starts it anew.
 */
export interface Callback {
  /** By which its state is kept; each callback of a training has another name, without a slash. */
  readonly name: string;
  /** Before the first batch of a new training; not of one that goes on. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** After each batch and `onBatch`. */
  onBatchEnd?(record: BatchRecord, training: Training): void | Promise<void>;
  /** After each epoch, its evaluation and `onEpoch`. */
  onEpochEnd?(record: EpochRecord, training: Training): void | Promise<void>;
  /** When the training has ended by itself or by `stop`; not when a signal stopped it. */
  onTrainEnd?(training: Training): void | Promise<void>;
  /** What it remembers now; absent: nothing that matters. It is asked only when a state is captured. */
  state?(): CallbackState;
  /** Goes on from what `state` has given. Whoever has the one has the other. */
  restore?(state: CallbackState): void;
}

const callbackKeys: Record<keyof Callback, true> = {
  name: true,
  onTrainBegin: true,
  onBatchEnd: true,
  onEpochEnd: true,
  onTrainEnd: true,
  state: true,
  restore: true,
};

/** @throws RangeError naming the callback and what is wrong with it */
export function checkCallbacks(callbacks: FitOptions["callbacks"]): void {
  if (callbacks === undefined) return;
  if (!Array.isArray(callbacks)) {
    throw new RangeError(`callbacks must be a list, got ${describe(callbacks)}`);
  }
  const names = new Set<string>();
  for (const callback of callbacks as readonly Callback[]) {
    const { name } = callback ?? {};
    if (typeof name !== "string" || name === "" || name.includes("/")) {
      throw new RangeError(`a callback needs a name without a slash, got ${describe(name)}`);
    }
    if (names.has(name)) throw new RangeError(`two callbacks are named ${name}`);
    names.add(name);
    // an instance of a class may have fields of its own
    const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(callback));
    if (isPlain) requireKeys(`the callback ${name}`, "a callback", callback, callbackKeys);
    for (const key of Object.keys(callbackKeys) as (keyof Callback)[]) {
      if (key === "name" || callback[key] === undefined) continue;
      if (typeof callback[key] !== "function") {
        throw new RangeError(`${key} of the callback ${name} must be a function`);
      }
    }
    if ((callback.state === undefined) !== (callback.restore === undefined)) {
      throw new RangeError(`the callback ${name} has only one of state and restore`);
    }
  }
}

/** The arrays of all callbacks' states as companions of a training's state, and their values. */
export function callbackStates(callbacks: readonly Callback[]): {
  readonly callbacks: Readonly<Record<string, unknown>>;
  readonly companions: Readonly<Record<string, Weights>>;
} {
  const values: Record<string, unknown> = {}, companions: Record<string, Weights> = {};
  for (const callback of callbacks) {
    const own = callback.state?.(), { name } = callback;
    if (own === undefined) continue;
    values[name] = own.values ?? null;
    if (own.arrays) companions[`callback ${name}`] = own.arrays;
  }
  return { callbacks: values, companions };
}
