/**
 * Refuses a training that would run otherwise than its options read. `deno run` checks no types, so
 * that an optimizer or an option with a wrong name would be replaced by another one without a word.
 */
import { requireKeys } from "../model/check_architecture.ts";
import { describe } from "../model/describe.ts";
import type { OptimizerOptions } from "../model/training_step.ts";
import { checkCallbacks } from "./callbacks.ts";
import type { Batches, FitOptions } from "./system.ts";

const fitKeys: Record<keyof FitOptions, true> = {
  epochs: true,
  optimizer: true,
  schedule: true,
  loss: true,
  labelSmoothing: true,
  averaging: true,
  validation: true,
  continueAtBrokenLoss: true,
  callbacks: true,
  onBatch: true,
  onProgress: true,
  onEpoch: true,
  signal: true,
  onState: true,
  resume: true,
  optimizerState: true,
};

type KeysOf<Kind> = Record<keyof Extract<OptimizerOptions, { readonly kind: Kind }>, true>;

const optimizerKeys: { readonly [Kind in OptimizerOptions["kind"]]: KeysOf<Kind> } = {
  adam: { kind: true, learningRate: true, weightDecay: true },
  sgd: { kind: true, learningRate: true, momentum: true },
};

/**
 * Checks what `System.fit` is told, for all systems.
 * @throws RangeError naming the option that is unknown or cannot be trained with
 */
export function checkFit(train: Batches, options: FitOptions): void {
  requireKeys("fit", "fit", options, fitKeys);
  const { epochs, labelSmoothing = 0, averaging = 0, schedule, signal } = options;
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`epochs must be a whole number of at least 1, got ${describe(epochs)}`);
  }
  checkOptimizer(options.optimizer);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(`labelSmoothing must be in [0, 1), got ${describe(labelSmoothing)}`);
  }
  if (!(averaging >= 0 && averaging < 1)) {
    throw new RangeError(`averaging must be in [0, 1), got ${describe(averaging)}`);
  }
  for (const key of ["onBatch", "onProgress", "onEpoch", "onState"] as const) {
    requireFunction(key, options[key]);
  }
  requireFunction("schedule", schedule);
  requireFunction("loss", options.loss);
  checkCallbacks(options.callbacks);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new RangeError("signal must be an AbortSignal");
  }
  checkCounts("train", train);
  const { validation } = options;
  if (validation !== undefined) checkCounts("validation", validation);
  if (validation === train && train.seek) {
    throw new RangeError(
      "validation must not be the training loader itself, which counts its epochs; make another DataLoader for it",
    );
  }
  if (train.samples === 0) throw new RangeError("there are no training images");
  if (validation?.samples === 0) {
    throw new RangeError("there are no validation images; leave out validation, or give some");
  }
}

/**
 * Checks the options of an optimizer.
 * @throws RangeError naming the optimizer or the option that is unknown or cannot be trained with
 */
export function checkOptimizer(optimizer: OptimizerOptions): void {
  const kind: unknown = optimizer?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(optimizerKeys, kind)) {
    throw new RangeError(
      `there is no optimizer named ${describe(kind)}; there are ${
        Object.keys(optimizerKeys).join(" and ")
      }`,
    );
  }
  requireKeys("the optimizer", kind, optimizer, optimizerKeys[optimizer.kind]);
  const { learningRate } = optimizer;
  if (!Number.isFinite(learningRate) || !(learningRate > 0)) {
    throw new RangeError(`learningRate must be above 0 and finite, got ${describe(learningRate)}`);
  }
  switch (optimizer.kind) {
    case "sgd": {
      const { momentum } = optimizer;
      if (!(typeof momentum === "number" && momentum >= 0 && momentum < 1)) {
        throw new RangeError(`momentum must be in [0, 1), got ${describe(momentum)}`);
      }
      break;
    }
    case "adam": {
      const { weightDecay = 0 } = optimizer;
      if (!Number.isFinite(weightDecay) || weightDecay < 0) {
        throw new RangeError(
          `weightDecay must be at least 0 and finite, got ${describe(weightDecay)}`,
        );
      }
      break;
    }
    default:
      optimizer satisfies never;
  }
}

function checkCounts(what: string, batches: Batches): void {
  if (typeof batches?.[Symbol.asyncIterator] !== "function") {
    throw new RangeError(`${what} must be batches that can be gone through, a DataLoader, say`);
  }
  for (const key of ["length", "samples"] as const) {
    if (!Number.isInteger(batches[key]) || batches[key] < 0) {
      throw new RangeError(`${what}.${key} must be a whole number, got ${describe(batches[key])}`);
    }
  }
}

function requireFunction(what: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new RangeError(`${what} must be a function, got ${describe(value)}`);
  }
}
