/** Watches a training and warns of what usually keeps a network from learning. */
import type { Batch } from "../pixels/pixels.ts";
import { countClasses } from "../model/architecture.ts";
import {
  type Batches,
  BrokenLossError,
  type FitOptions,
  type History,
  type System,
} from "../systems/system.ts";
import type { Weights } from "../model/weights.ts";
import {
  checkFirstLoss,
  checkInput,
  checkLoss,
  checkMoved,
  checkOrder,
  checkPredictions,
  checkSaturation,
  type Warning,
} from "./checks.ts";

/** The limits beyond which the guard warns, and who is told. */
export interface GuardLimits {
  /** Largest magnitude of the first batch's mean, and largest std; default 5. */
  readonly input: number;
  /** Least share of the classes of a random batch that a batch must hold; default 0.5. */
  readonly classesInBatch: number;
  /** Largest distance of the first loss from ln K, as a share of ln K; default 0.5. */
  readonly firstLoss: number;
  /** Largest share of an activation layer's outputs that may be saturated; default 0.5, ReLU 0.75. */
  readonly saturated: number;
  /** Batches after which the weights must have changed and predictions are checked; default 20. */
  readonly batches: number;
  /** Told of each warning at once; default `console.warn`. */
  readonly onWarning: (warning: Warning) => void;
}

/** The limits that hold where none are given. */
export const defaultLimits: GuardLimits = {
  input: 5,
  classesInBatch: 0.5,
  firstLoss: 0.5,
  saturated: 0.5,
  batches: 20,
  onWarning: ({ check, measured, cause }) => console.warn(`${check}: ${measured}. ${cause}`),
};

/** What a guarded training gave. */
export interface GuardedFit {
  /** One record for each epoch. */
  readonly history: History;
  /** The warnings in the order in which they were found, each check at most once. */
  readonly warnings: readonly Warning[];
}

/**
 * Trains any system and checks the training meanwhile. The training itself is not changed: the guard
 * reads the batches as they pass, the losses and, after some batches and at the end, the weights.
 * @throws what `System.fit` throws; before a `BrokenLossError` the guard warns of the loss
 */
export async function guardedFit(
  system: System,
  train: Batches,
  options: FitOptions,
  limits: Partial<GuardLimits> = {},
): Promise<GuardedFit> {
  const watch = new Watch(system, { ...defaultLimits, ...limits });
  await watch.start();
  const total = options.epochs * train.length;
  let done = 0;
  try {
    const history = await system.fit(watch.batches(train), {
      ...options,
      onBatch: async (record) => {
        // a loss other than the cross-entropy has no known range: it only must be a finite number
        if (!options.loss || !Number.isFinite(record.loss)) watch.loss(record.loss, done === 0);
        done++;
        if (done === Math.min(watch.limits.batches, total)) await watch.middle();
        await options.onBatch?.(record);
      },
    });
    await watch.end();
    return { history, warnings: watch.warnings };
  } catch (error) {
    // the system does not tell `onBatch` of a loss at which it stops
    if (error instanceof BrokenLossError) watch.loss(NaN, done === 0);
    throw error;
  }
}

/** Runs the checks on the batches as they pass, on the losses and on the weights. */
class Watch {
  readonly warnings: Warning[] = [];
  readonly #classes: number;
  #before: Weights | undefined;
  /** The first batches. */
  readonly #seen: Batch[] = [];
  #sorted = 0;

  constructor(readonly system: System, readonly limits: GuardLimits) {
    this.#classes = countClasses(system.architecture);
  }

  async start(): Promise<void> {
    this.#before = await this.system.weights();
  }

  /** The same batches, each checked as it passes. */
  batches(train: Batches): Batches {
    const look = (batch: Batch) => this.#look(batch);
    return {
      length: train.length,
      samples: train.samples,
      softTargets: train.softTargets ?? false,
      ...(train.epoch !== undefined ? { epoch: train.epoch } : {}),
      ...(train.imageShape ? { imageShape: train.imageShape } : {}),
      ...(train.seek ? { seek: (epoch, batch) => train.seek!(epoch, batch) } : {}),
      async *[Symbol.asyncIterator]() {
        for await (const batch of train) {
          look(batch);
          yield batch;
        }
      },
    };
  }

  #look(batch: Batch): void {
    if (this.#seen.length >= this.limits.batches) return;
    if (this.#seen.length === 0) this.#warn(checkInput(batch, this.limits.input));
    this.#seen.push(batch);
    const sorted = checkOrder(batch, this.#classes, this.limits.classesInBatch);
    // one sorted batch alone may be chance, or the short last batch of an epoch
    if (sorted && ++this.#sorted >= 2) this.#warn(sorted);
  }

  loss(loss: number, first: boolean): void {
    if (first) this.#warn(checkFirstLoss(loss, this.#classes, this.limits.firstLoss));
    this.#warn(checkLoss(loss));
  }

  /** After the first batches: whether all weights have moved, and what `end` checks. */
  async middle(): Promise<void> {
    this.#warn(checkMoved(this.#before!, await this.system.weights(), this.#seen.length));
    await this.end();
  }

  /** Checked at the end once more, because units may saturate late. */
  async end(): Promise<void> {
    const { architecture } = this.system;
    const batch = mixed(this.#seen);
    const logits = await this.system.predict(batch.images, batch.size);
    this.#warn(checkPredictions(logits, batch, this.#classes));
    const weights = await this.system.weights();
    this.#warn(checkSaturation(architecture, weights, batch, this.limits.saturated));
  }

  #warn(warning: Warning | undefined): void {
    if (!warning || this.warnings.some(({ check }) => check === warning.check)) return;
    this.warnings.push(warning);
    this.limits.onWarning(warning);
  }
}

/** Up to 64 images, some from each batch, so that they are of many classes even if sorted. */
function mixed(batches: readonly Batch[]): Batch {
  const each = Math.max(1, Math.floor(64 / batches.length));
  const parts = batches.map(({ images, labels, size }) => {
    const take = Math.min(each, size), pixels = images.length / size;
    const from = Math.floor((size - take) / 2);
    return {
      images: images.subarray(from * pixels, (from + take) * pixels),
      labels: labels.subarray(from, from + take),
    };
  });
  const labels = Int32Array.from(parts.flatMap(({ labels }) => [...labels]));
  const images = new Float32Array(parts.reduce((sum, { images }) => sum + images.length, 0));
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at);
    at += part.images.length;
  }
  return { size: labels.length, images, labels };
}
