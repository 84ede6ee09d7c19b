import { encodeSafetensors } from "../model/safetensors.ts";
import { labelRanks, type Predictions } from "../systems/evaluate.ts";
import { predictedLabels } from "../metrics/confusion.ts";
import { sha256 } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { predictions, restore, type RunData } from "./run.ts";
import { trainRun } from "./train_run.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import { type RunImageKeys, runImageKeys, runKey } from "./run_key.ts";
import { trainingCode } from "./training_code.ts";

/** What a network answered for one split, counted. */
export interface SplitOutcome {
  /** All images of the split. */
  readonly images: number;
  /** Images whose label has the highest logit. */
  readonly top1: number;
  /** Images whose label is among the five highest logits. */
  readonly top5: number;
  /** How many different classes were answered; 1 means one class for every image. */
  readonly predicted: number;
  /** Which images count in `top1`: one bit for each, see `packBits`. */
  readonly top1Images: string;
  /** Which images count in `top5`. */
  readonly top5Images: string;
}

/** One epoch of a training. */
export interface EpochOutcome {
  /** Mean cross-entropy over the epoch's batches, in nats. */
  readonly loss: number;
  /** Share of the training images classified correctly while the weights were moving. */
  readonly accuracy: number;
  /** Mean cross-entropy in nats and shares, from 0 to 1, on the validation images after the epoch. */
  readonly val?: { readonly loss: number; readonly top1: number; readonly top5: number };
}

/**
 * What a training came to, without its weights. It depends on the configuration, the images and the
 * code alone, so two trainings of one key on machines of one kind have the same outcome.
 */
export interface RunOutcome {
  /** Digest of the configuration and the images, see `runKey`. */
  readonly key: string;
  /** What was chosen before the training. */
  readonly configuration: RunConfiguration;
  /** The keys of the images, those of a teacher too if there is one. */
  readonly images: RunImageKeys;
  /** One record for each epoch. */
  readonly epochs: readonly EpochOutcome[];
  /** Counts on the validation images, after the last epoch. */
  readonly val: SplitOutcome;
  /** Counts on the test images, after the last epoch. */
  readonly test: SplitOutcome;
  /** SHA-256 of the trained weights as a safetensors file. */
  readonly weights: string;
}

/** How an outcome came about: everything that may differ between two computations of one outcome. */
export interface OutcomeOrigin {
  /** Seconds of training in each epoch, evaluation not counted. */
  readonly seconds: readonly number[];
  /** What computed: "kernels (narrow, 1 thread)", say. */
  readonly runsOn: string;
  /** Digest of the code that trained, see `trainingCode`. */
  readonly code: string;
  /** When the training ended, as an ISO date in UTC. */
  readonly date: string;
}

/** An outcome and how it came about. */
export interface KeptOutcome {
  /** What the training came to. */
  readonly outcome: RunOutcome;
  /** How, when and in how many seconds it came about. */
  readonly made: OutcomeOrigin;
}

/**
 * Trains a configuration and counts what the network then answers. A training that diverges is a
 * result like any other.
 */
export async function trainOutcome(
  configuration: RunConfiguration,
  data: RunData,
  onProgress?: OnProgress,
): Promise<KeptOutcome> {
  const run = await trainRun(configuration, data, {
    continueAtBrokenLoss: true,
    ...(onProgress ? { onProgress } : {}),
  });
  const outcome = {
    key: await runKey(configuration, data),
    configuration,
    images: runImageKeys(configuration, data),
    epochs: run.history.map(({ loss, accuracy, val }) => ({
      loss,
      accuracy,
      ...(val ? { val: { loss: val.loss, top1: val.top1, top5: val.top5 } } : {}),
    })),
    val: splitOutcome(await predictions(run, data.val)),
    test: splitOutcome(await predictions(run, data.test)),
    weights: await sha256(encodeSafetensors(run.weights)),
  };
  using system = await restore(run);
  const made = {
    seconds: run.history.map(({ seconds }) => seconds),
    runsOn: system.runsOn,
    code: await trainingCode(),
    date: new Date().toISOString(),
  };
  return { outcome, made };
}

/** Counts answers. With fewer than five classes every image counts in `top5`. */
export function splitOutcome(predictions: Predictions): SplitOutcome {
  const { logits, labels, classes } = predictions;
  const ranks = labelRanks(logits, labels, classes);
  const within = (k: number) => Array.from(ranks, (rank) => rank < k);
  const count = (bits: readonly boolean[]) => bits.filter(Boolean).length;
  const [top1, top5] = [within(1), within(Math.min(5, classes))];
  const answers = new Set(predictedLabels(predictions));
  return {
    images: labels.length,
    top1: count(top1),
    top5: count(top5),
    predicted: answers.size,
    top1Images: packBits(top1),
    top5Images: packBits(top5),
  };
}

/** Bits as hexadecimal digits, four to a digit, the first bit in the highest place. */
export function packBits(bits: readonly boolean[]): string {
  let text = "";
  for (let at = 0; at < bits.length; at += 4) {
    let digit = 0;
    for (let i = 0; i < 4; i++) digit = 2 * digit + Number(bits[at + i] ?? false);
    text += digit.toString(16);
  }
  return text;
}

/** The first `count` bits of `packBits`' text. @throws RangeError if the text holds another number */
export function unpackBits(text: string, count: number): boolean[] {
  if (text.length !== Math.ceil(count / 4) || !/^[0-9a-f]*$/.test(text)) {
    throw new RangeError(`${text.length} hexadecimal digits do not hold ${count} bits`);
  }
  return Array.from(
    { length: count },
    (_, i) => (parseInt(text[i >> 2]!, 16) >> (3 - i % 4) & 1) === 1,
  );
}
