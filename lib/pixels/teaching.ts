import type { Rng } from "../util/rng.ts";
import { type Augmentation, countVariants } from "./augment.ts";

/**
 * A teacher's answers to training images, each seen in a few ways, that another network learns from
 * (Hinton et al. 2015). Answers and images belong together: an image shifted by three pixels goes with
 * what the teacher said to the image shifted by three pixels.
 */
export class Teaching {
  /** Ways in which each image was seen. */
  readonly ways: number;

  /**
   * @param variants (images, ways), numbers of `augmentAs`
   * @param answers (images, ways, classes), probabilities
   * @param classes number of classes
   * @param weight part of each target that is the teacher's answer, from 0 to 1; the rest is the label's
   */
  constructor(
    readonly variants: Uint16Array,
    readonly answers: Float32Array,
    readonly classes: number,
    readonly weight: number,
    readonly images: number,
  ) {
    this.ways = variants.length / images;
  }

  /** For each image one of its ways, and what the image's target then is. */
  draw(
    indices: Int32Array,
    labels: Int32Array,
    rng: Rng,
  ): { readonly variants: Uint16Array; readonly targets: Float32Array<ArrayBuffer> } {
    const { ways, classes, weight } = this;
    const variants = new Uint16Array(indices.length);
    const targets = new Float32Array(indices.length * classes);
    for (let n = 0; n < indices.length; n++) {
      const at = indices[n]! * ways + rng.int(ways), to = n * classes;
      variants[n] = this.variants[at]!;
      for (let c = 0; c < classes; c++) targets[to + c] = weight * this.answers[at * classes + c]!;
      targets[to + labels[n]!]! += 1 - weight;
    }
    return { variants, targets };
  }
}

/** @throws RangeError if the answers are not those to `images` images under this augmentation */
export function checkTeaching(teaching: Teaching, images: number, options: Augmentation): void {
  const { ways, variants, answers, classes, weight } = teaching;
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
