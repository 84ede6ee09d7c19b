import { saveWeights } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import type { Callback, Training } from "./callbacks.ts";
import type { EpochRecord } from "./system.ts";

/** A number of an epoch's record: of the training images, or of those of `validation`. */
export type Monitored = "loss" | "accuracy" | "val.loss" | "val.top1" | "val.top5";

const monitored: readonly Monitored[] = ["loss", "accuracy", "val.loss", "val.top1", "val.top5"];

/** The best epoch so far. */
interface Best {
  readonly value: number;
  readonly epoch: number;
}

/** When `earlyStopping` stops. */
export interface EarlyStoppingOptions {
  /** What is looked at; default "val.loss". */
  readonly monitor?: Monitored;
  /** Epochs in a row that may bring nothing better; default 5. */
  readonly patience?: number;
  /** What an epoch must be better by; default 0: by anything. */
  readonly least?: number;
  /** Whether the system ends with the weights of the best epoch; default true. */
  readonly restoreBest?: boolean;
}

/**
 * Ends a training when no epoch has been better for some time, and leaves the weights of the best epoch in the
 * system, also where the training comes to its last epoch.
 * @throws RangeError naming an option that cannot be
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = "val.loss", patience = 5, least = 0, restoreBest = true, ...others } = options;
  refuseOthers("earlyStopping", others);
  checkMonitor(monitor);
  if (!Number.isInteger(patience) || patience < 1) {
    throw new RangeError(`patience must be a whole number of at least 1, got ${patience}`);
  }
  if (!(least >= 0 && Number.isFinite(least))) {
    throw new RangeError(`least must be at least 0 and finite, got ${least}`);
  }
  let best: Best | undefined, weights: Weights | undefined;
  return {
    name: `early stopping by ${monitor}`,
    onTrainBegin(training) {
      requireValidation(monitor, training);
      best = weights = undefined;
    },
    async onEpochEnd(record, training) {
      const value = valueOf(monitor, record), { epoch } = record;
      if (isBetter(monitor, value, best, least)) {
        best = { value, epoch };
        if (restoreBest) weights = await training.weights();
      } else if (epoch - (best?.epoch ?? 0) >= patience) training.stop();
    },
    async onTrainEnd({ system }) {
      if (weights) await system.setWeights(weights);
    },
    state: () => ({ values: best ?? null, ...weights && { arrays: weights } }),
    restore({ values, arrays }) {
      best = values as Best | null ?? undefined;
      weights = arrays;
    },
  };
}

/** What `saveBest` keeps, and where. */
export interface SaveBestOptions {
  /** What is looked at; default "val.loss". */
  readonly monitor?: Monitored;
}

/**
 * Writes the weights of the best epoch so far into a file (`saveWeights`), which is replaced whole.
 * @throws RangeError naming an option that cannot be
 */
export function saveBest(path: string, options: SaveBestOptions = {}): Callback {
  const { monitor = "val.loss", ...others } = options;
  refuseOthers("saveBest", others);
  checkMonitor(monitor);
  let best: Best | undefined;
  return {
    name: `best weights by ${monitor}`,
    onTrainBegin(training) {
      requireValidation(monitor, training);
      best = undefined;
    },
    async onEpochEnd(record, training) {
      const value = valueOf(monitor, record);
      if (!isBetter(monitor, value, best)) return;
      await saveWeights(path, await training.weights());
      best = { value, epoch: record.epoch };
    },
    state: () => ({ values: best ?? null }),
    restore({ values }) {
      best = values as Best | null ?? undefined;
    },
  };
}

/** Of a loss less is better, of a share more; what is no number is never better. */
function isBetter(monitor: Monitored, value: number, best: Best | undefined, least = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === undefined) return true;
  return monitor.endsWith("loss") ? value < best.value - least : value > best.value + least;
}

/** @throws RangeError if what is looked at needs validation images and the training has none */
function requireValidation(monitor: Monitored, { hasValidation }: Training): void {
  if (hasValidation || !monitor.startsWith("val.")) return;
  throw new RangeError(`${monitor} can be looked at only in a training with validation images`);
}

function valueOf(monitor: Monitored, { loss, accuracy, val }: EpochRecord): number {
  if (monitor === "loss") return loss;
  if (monitor === "accuracy") return accuracy;
  if (val === undefined) return NaN;
  return monitor === "val.loss" ? val.loss : monitor === "val.top1" ? val.top1 : val.top5;
}

function checkMonitor(monitor: Monitored): void {
  if (monitored.includes(monitor)) return;
  throw new RangeError(`monitor must be one of ${monitored.join(", ")}, got ${monitor}`);
}

function refuseOthers(what: string, others: object): void {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new RangeError(`${what} has no option ${unknown}`);
}
