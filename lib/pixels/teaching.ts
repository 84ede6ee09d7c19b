import type { Rng } from "../util/rng.ts";
import { type Augmentation, countVariants } from "./augment.ts";

/**
 * A teacher's answers to training images, each seen in a few ways, that another network learns from
 * (Hinton et al. 2015). Answers and images belong together: an image shifted by three pixels goes with
 * what the teacher said to the image shifted by three pixels.
 */
export interface Teaching {
  /** Number of training images. */
  readonly images: number;
  /** Number of classes. */
  readonly classes: number;
  /** The ways in which the images were seen, (images, ways): numbers of variants of an augmentation. */
  readonly variants: Uint16Array;
  /** (images, ways, classes), probabilities. */
  readonly answers: Float32Array;
  /** Part of each target that is the teacher's answer, from 0 to 1; the rest is the label's. */
  readonly weight: number;
}

/** Draws for each image one of the ways in which it was seen. @returns it, and what the target then is */
export function drawTargets(
  { images, classes, variants, answers, weight }: Teaching,
  indices: Int32Array,
  labels: Int32Array,
  rng: Rng,
): { readonly variants: Uint16Array; readonly targets: Float32Array<ArrayBuffer> } {
  const ways = variants.length / images;
  const drawn = new Uint16Array(indices.length);
  const targets = new Float32Array(indices.length * classes);
  for (let n = 0; n < indices.length; n++) {
    const at = indices[n]! * ways + rng.int(ways), to = n * classes;
    drawn[n] = variants[at]!;
    for (let c = 0; c < classes; c++) targets[to + c] = weight * answers[at * classes + c]!;
    targets[to + labels[n]!]! += 1 - weight;
  }
  return { variants: drawn, targets };
}

/** @throws RangeError if the answers are not those to `images` images under this augmentation */
export function checkTeaching(teaching: Teaching, images: number, options: Augmentation): void {
  const { variants, answers, classes, weight } = teaching;
  const ways = variants.length / images;
  if (teaching.images !== images || !Number.isInteger(ways) || ways < 1) {
    throw new RangeError(`a teacher's answers are to ${teaching.images} images, not to ${images}`);
  }
  if (answers.length !== variants.length * classes) {
    throw new RangeError(
      `${variants.length} answers for ${classes} classes are ${variants.length * classes} ` +
        `numbers, got ${answers.length}`,
    );
  }
  if (!(weight >= 0 && weight <= 1)) {
    throw new RangeError(`the weight of a teacher's answers must be from 0 to 1, got ${weight}`);
  }
  const most = countVariants(options);
  const foreign = variants.find((variant) => variant >= most);
  if (foreign !== undefined) {
    throw new RangeError(`variant ${foreign} is none of the augmentation's ${most}`);
  }
}
