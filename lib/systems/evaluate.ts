import { countClasses } from "../model/architecture.ts";
import { exponentialSum } from "../util/log_sum_exp.ts";
import { checkedBatches } from "./check_batches.ts";
import type { Batches, Evaluation, System } from "./system.ts";

/** The rank of a label whose logit is NaN: it is not among the first five of three, either. */
const lastRank = 2 ** 31 - 1;

/**
 * Rank of each true label among its image's logits: 0 if none is higher. A tie counts against the
 * label unless its index is lower, so that a constant output scores exactly chance.
 * @param logits (images, classes)
 */
export function labelRanks(logits: Float32Array, labels: Int32Array, classes: number): Int32Array {
  const ranks = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const label = labels[i]!;
    const own = row[label]!;
    let rank = 0;
    for (let j = 0; j < classes; j++) {
      const other = row[j]!;
      // `!(other <= own)` puts a NaN above everything: broken logits never score
      if (!(other <= own) || (other === own && j < label)) rank++;
    }
    ranks[i] = Number.isNaN(own) ? lastRank : rank;
  }
  return ranks;
}

/**
 * Cross-entropy of each image in nats: log Σ_c exp(x_c) − x_label (the paper's eq. 1 with unit
 * weights), with the largest logit subtracted first so that nothing overflows.
 * @param logits (images, classes)
 */
export function crossEntropies(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): Float64Array {
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const { largest, sum } = exponentialSum(row);
    losses[i] = Math.log(sum) + largest - row[labels[i]!]!;
  }
  return losses;
}

/** log softmax of each image's logits, (images, classes). */
export function logProbabilities({ logits, classes }: Predictions): Float32Array {
  const logs = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    const row = logits.subarray(at, at + classes);
    const { largest, sum } = exponentialSum(row);
    row.forEach((x, c) => logs[at + c] = x - largest - Math.log(sum));
  }
  return logs;
}

/** What a system answers for some images, in the order of the batches. */
export interface Predictions {
  /** (images, classes) */
  readonly logits: Float32Array;
  /** The true label of each image. */
  readonly labels: Int32Array;
  /** Number of classes. */
  readonly classes: number;
}

/** Runs all batches through a system. */
export async function predictAll(system: System, batches: Batches): Promise<Predictions> {
  const classes = countClasses(system.architecture);
  const logits = new Float32Array(batches.samples * classes);
  const labels = new Int32Array(batches.samples);
  let done = 0;
  for await (const batch of checkedBatches(system.architecture, batches, "evaluated")) {
    logits.set(await system.predict(batch.images, batch.size), done * classes);
    labels.set(batch.labels, done);
    done += batch.size;
  }
  return { logits: logits.subarray(0, done * classes), labels: labels.subarray(0, done), classes };
}

/** Loss, top-1 and top-5 accuracy of predictions. */
export function score({ logits, labels, classes }: Predictions): Evaluation {
  const images = labels.length;
  if (images === 0) throw new RangeError("there are no images to evaluate");
  const ranks = labelRanks(logits, labels, classes);
  return {
    loss: crossEntropies(logits, labels, classes).reduce((a, b) => a + b, 0) / images,
    top1: ranks.filter((rank) => rank < 1).length / images,
    top5: ranks.filter((rank) => rank < 5).length / images,
    images,
  };
}
