import { countClasses } from "../model/architecture.ts";
import { augmentAs, type Augmentation, countVariants } from "../pixels/augment.ts";
import { type Normalisation, normalise, type PixelSet } from "../pixels/pixels.ts";
import type { Teaching } from "../pixels/teaching.ts";
import { logProbabilities } from "../systems/evaluate.ts";
import type { System } from "../systems/system.ts";
import type { OnProgress } from "../util/progress.ts";
import { Rng } from "../util/rng.ts";

/** How a teacher is asked about the training images. */
export interface TeachOptions {
  /** Decides in which ways each image is shown. */
  readonly seed: number;
  /** In how many ways each image is shown. */
  readonly ways: number;
  /** Part of each target that is the teacher's answer. */
  readonly weight: number;
  /** From which the ways are drawn. */
  readonly augmentation: Augmentation;
  /** Of the teacher's training images. */
  readonly normalisation: Normalisation;
  /** Told of the images that were shown. */
  readonly onProgress?: OnProgress | undefined;
}

/** Images that a teacher is shown at a time. */
const PIECE = 1024;

/**
 * A teacher's answers to training images, each seen in several ways: the probabilities that it gives the
 * classes. The teacher learned from the same images, so its answers are surer than on new ones.
 * @param teacher trained, and disposed of by the caller
 * @param images as the teacher sees them
 */
export async function teach(
  teacher: System,
  images: PixelSet,
  options: TeachOptions,
): Promise<Teaching> {
  const { seed, ways, weight, augmentation, normalisation, onProgress } = options;
  const classes = countClasses(teacher.architecture), count = images.length * ways;
  const rng = new Rng(seed).fork("teacher"), most = countVariants(augmentation);
  const variants = Uint16Array.from({ length: count }, () => rng.int(most));
  const answers = new Float32Array(count * classes);
  const pixels = images.channels * images.height * images.width;
  for (let from = 0; from < count; from += PIECE) {
    const size = Math.min(PIECE, count - from);
    const bytes = new Uint8Array(size * pixels);
    for (let i = 0; i < size; i++) {
      bytes.set(images.get(Math.floor((from + i) / ways)), i * pixels);
    }
    augmentAs(bytes, images, augmentation.shift ?? 0, variants.subarray(from, from + size));
    const logits = await teacher.predict(normalise(bytes, normalisation), size);
    const labels = new Int32Array(size);
    answers.set(
      logProbabilities({ logits, labels, classes }).map((log) => Math.exp(log)),
      from * classes,
    );
    await onProgress?.(from + size, count, "the teacher answers");
  }
  return { images: images.length, classes, variants, answers, weight };
}
