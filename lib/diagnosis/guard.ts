/** Watches a training and warns of what usually keeps a network from learning. */
import { countClasses, isActivation } from "../systems/architecture.ts";
import { Network } from "../systems/numpy/network.ts";
import type { Batches, FitOptions, History, System } from "../systems/system.ts";
import type { Weights } from "../systems/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import { saturatedShare } from "./examine.ts";

/** What can be noticed. */
export type Check =
  | "unscaled input"
  | "sorted batches"
  | "loss far from ln K at the start"
  | "loss below zero"
  | "loss is no number"
  | "parameters that do not move"
  | "saturated units"
  | "one-class predictions";

/** One finding: what was measured, and what usually lies behind it. */
export interface Warning {
  readonly check: Check;
  readonly measured: string;
  readonly cause: string;
}

/** How far a training may stray before the guard speaks. */
export interface GuardLimits {
  /** Largest magnitude of the first batch's mean, and largest deviation; default 5. */
  readonly input: number;
  /** Least share of the classes that a shuffled batch would hold; default 0.5. */
  readonly classesInBatch: number;
  /** Largest distance of the first loss from ln K, as a share of ln K; default 0.5. */
  readonly firstLoss: number;
  /** Largest share of an activation layer's outputs that may be saturated; default 0.5, ReLU 0.75. */
  readonly saturated: number;
  /** Batches after which parameters must have moved and predictions are looked at; default 20. */
  readonly batches: number;
  /** Told of each warning when it comes up; default `console.warn`. */
  readonly onWarning: (warning: Warning) => void;
}

export const defaultLimits: GuardLimits = {
  ...{ input: 5, classesInBatch: 0.5, firstLoss: 0.5, saturated: 0.5, batches: 20 },
  onWarning: ({ check, measured, cause }) => console.warn(`${check}: ${measured}. ${cause}`),
};

/** What a guarded training gave. */
export interface GuardedFit {
  readonly history: History;
  /** In the order in which they came up, each check at most once. */
  readonly warnings: readonly Warning[];
}

/**
 * Trains any system under watch. Nothing about the training changes: the guard looks at the batches as
 * they pass, at the loss, and, twice, at the weights.
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
  const history = await system.fit(watch.batches(train), {
    ...options,
    onBatch: async (record) => {
      watch.loss(record.loss, done === 0);
      done++;
      if (done === Math.min(watch.limits.batches, total)) await watch.middle();
      await options.onBatch?.(record);
    },
  });
  await watch.end();
  return { history, warnings: watch.warnings };
}

class Watch {
  readonly warnings: Warning[] = [];
  readonly #classes: number;
  #before: Weights | undefined;
  #first: Batch | undefined;
  /** Images of the batches seen last: predictions are looked at on several, so that a sorted batch counts. */
  #spread: Batch[] = [];
  #few = 0;
  #seen = 0;

  constructor(readonly system: System, readonly limits: GuardLimits) {
    this.#classes = countClasses(system.architecture);
  }

  async start(): Promise<void> {
    this.#before = await this.system.weights();
  }

  /** The same batches; looks at the first ones as they pass. */
  batches(train: Batches): Batches {
    // deno-lint-ignore no-this-alias
    const watch = this;
    return {
      length: train.length,
      samples: train.samples,
      async *[Symbol.asyncIterator]() {
        for await (const batch of train) {
          watch.#batch(batch);
          yield batch;
        }
      },
    };
  }

  #batch(batch: Batch): void {
    if (this.#first === undefined) {
      this.#first = batch;
      this.#checkInput(batch);
    }
    if (this.#seen++ < this.limits.batches) {
      this.#spread.push(batch);
      this.#checkOrder(batch);
    }
  }

  #checkInput({ images }: Batch): void {
    let sum = 0, squares = 0;
    for (const x of images) sum += x, squares += x * x;
    const mean = sum / images.length;
    const deviation = Math.sqrt(Math.max(0, squares / images.length - mean * mean));
    if (!(Math.abs(mean) <= this.limits.input && deviation <= this.limits.input)) {
      this.#warn(
        "unscaled input",
        `pixels have mean ${mean.toFixed(1)} and deviation ${deviation.toFixed(1)}`,
        "Standardise them: mean 0 and deviation 1 keep the first layer's units off their flat ends.",
      );
    }
  }

  #checkOrder({ labels, size }: Batch): void {
    const k = this.#classes;
    const expected = k * (1 - (1 - 1 / k) ** size);
    const found = new Set(labels).size;
    if (size >= k / 2 && found < this.limits.classesInBatch * expected) this.#few++;
    if (this.#few === 2) {
      this.#warn(
        "sorted batches",
        `${found} of ${k} classes in a batch of ${size}; drawn at random there would be about ` +
          `${expected.toFixed(0)}`,
        "Shuffle the training images each epoch: sorted ones teach one class after the other.",
      );
    }
  }

  loss(loss: number, first: boolean): void {
    const chance = Math.log(this.#classes);
    if (Number.isNaN(loss) || loss === Infinity) {
      this.#warn(
        "loss is no number",
        `the loss is ${loss}`,
        "Sums overflow: lower the learning rate, scale the pixels and the starting weights.",
      );
    }
    if (first && !(Math.abs(loss - chance) <= this.limits.firstLoss * chance)) {
      this.#warn(
        "loss far from ln K at the start",
        `the first loss is ${loss.toFixed(2)}, ln ${this.#classes} is ${chance.toFixed(2)}`,
        "An untrained network knows nothing and should lose ln K: look at the scale of the starting " +
          "weights and at what the loss is given.",
      );
    }
    if (loss < 0) {
      this.#warn(
        "loss below zero",
        `the loss is ${loss.toFixed(2)}`,
        "Cross-entropy cannot fall below 0: are logits and target swapped?",
      );
    }
  }

  /** After some batches: have all parameters moved? */
  async middle(): Promise<void> {
    const now = await this.system.weights();
    const still = Object.entries(this.#before!)
      .filter(([name, { data }]) => data.every((value, i) => value === now[name]!.data[i]))
      .map(([name]) => name);
    if (still.length > 0) {
      this.#warn(
        "parameters that do not move",
        `${still.join(", ")} did not change in ${this.limits.batches} batches`,
        "Their gradient is thrown away, or no gradient reaches them (see saturated units).",
      );
    }
    await this.#checkPredictions(now);
  }

  /** At the end the same again: a network may die later. */
  async end(): Promise<void> {
    await this.#checkPredictions(await this.system.weights());
  }

  async #checkPredictions(weights: Weights): Promise<void> {
    const batch = mixed(this.#spread);
    const { architecture } = this.system;
    const logits = await this.system.predict(batch.images, batch.size);
    const predicted = new Set(Array.from({ length: batch.size }, (_, n) => {
      const row = logits.subarray(n * this.#classes, (n + 1) * this.#classes);
      return row.reduce((best, x, c) => x > row[best]! ? c : best, 0);
    }));
    const classes = new Set(batch.labels).size;
    if (predicted.size === 1 && classes > 1) {
      this.#warn(
        "one-class predictions",
        `all of ${batch.size} training images of ${classes} classes are taken for class ` +
          `${[...predicted][0]}`,
        "That scores 1/K: the features no longer differ from image to image, or the bias alone learns.",
      );
    }
    const network = new Network(architecture);
    network.setWeights(weights);
    network.forward(batch.images, batch.size);
    const kinds = architecture.layers.filter(isActivation);
    const named = architecture.layers.flatMap((layer) => "name" in layer ? [layer.name] : []);
    const full = network.activations()
      .map((outputs, i) => ({
        name: named[i]!,
        share: saturatedShare(outputs, kinds[i]!.kind),
        // half of a rectifier's outputs being 0 is nothing out of the ordinary
        limit: kinds[i]!.kind === "relu" ? (1 + this.limits.saturated) / 2 : this.limits.saturated,
      }))
      .filter(({ share, limit }) => share > limit);
    if (full.length > 0) {
      this.#warn(
        "saturated units",
        `${full.map(({ name, share }) => `${name} ${(100 * share).toFixed(0)} %`).join(", ")} ` +
          "of the outputs lie where the activation is flat",
        "No gradient passes there: scale the pixels, start with weights of 1/√fan-in, or lower the " +
          "learning rate.",
      );
    }
  }

  #warn(check: Check, measured: string, cause: string): void {
    if (this.warnings.some((warning) => warning.check === check)) return;
    const warning = { check, measured, cause };
    this.warnings.push(warning);
    this.limits.onWarning(warning);
  }
}

/** Up to 64 images, some from each of the batches, so that many classes are among them. */
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
