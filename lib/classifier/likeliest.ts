import type { Architecture } from "../model/architecture.ts";
import { exponentialSum } from "../util/log_sum_exp.ts";

/** A class and how likely it is, by a network. */
export interface ClassProbability {
  /** The place of the class among the logits, from 0. */
  readonly label: number;
  /** The name of the class. */
  readonly name: string;
  /** The softmax of the logits, in [0, 1]; over all classes they add up to 1. */
  readonly probability: number;
}

/** @throws RangeError if the number of classes that are asked for is no whole number from 1 */
export function requireTop(top: number): void {
  if (!Number.isInteger(top) || top < 1) {
    throw new RangeError(`top must be a whole number of at least 1, got ${top}`);
  }
}

/** @throws RangeError if something is not the bytes of a whole number of images, (count, channels, height, width) */
export function requirePixels(
  pixels: Uint8Array,
  count: number,
  { channels, height, width }: Architecture["input"],
): void {
  if (!(pixels instanceof Uint8Array)) {
    throw new RangeError("the pixels must be bytes from 0 to 255 in a Uint8Array");
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`the count of images must be a whole number of at least 0, got ${count}`);
  }
  const expected = count * channels * height * width;
  if (pixels.length !== expected) {
    throw new RangeError(`${count} images have ${expected} bytes, got ${pixels.length}`);
  }
}

/**
 * The most likely classes of each image, the likeliest first; of equal ones the first class.
 * @param logits (images, classes), finite
 * @param top from 1
 */
export function likeliest(
  logits: Float32Array,
  classes: readonly string[],
  top: number,
): ClassProbability[][] {
  const answers: ClassProbability[][] = [];
  for (let at = 0; at < logits.length; at += classes.length) {
    const row = logits.subarray(at, at + classes.length);
    const { largest, sum } = exponentialSum(row);
    const order = classes.map((_, label) => label).sort((a, b) => row[b]! - row[a]! || a - b);
    answers.push(
      order.slice(0, top).map((label) => ({
        ...{ label, name: classes[label]! },
        probability: Math.exp(row[label]! - largest) / sum,
      })),
    );
  }
  return answers;
}
