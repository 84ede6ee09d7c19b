import type { Dataset } from "../data/dataset.ts";
import { displayImage } from "../pixels/display_image.ts";
import { preprocess } from "../pixels/preprocess.ts";

/** One image before and after preprocessing. */
export interface ExampleImage {
  /** Name of the image's class. */
  readonly className: string;
  /** Width of the image on disk, in pixels. */
  readonly width: number;
  /** Height of the image on disk, in pixels. */
  readonly height: number;
  /** The image on disk, fitted into a square with its proportions kept, as a JPEG. */
  readonly jpeg: Uint8Array;
  /** The 32×32 grey levels that the networks see. */
  readonly grey: Uint8Array;
}

/**
 * Opens one test image of each of `count` classes, spread evenly over all classes. A class without a
 * test image is left out.
 * @param side of the square that the JPEG fits into, in pixels
 * @throws {BadImage} naming an image that is damaged, too large or missing
 */
export async function exampleImages(
  dataset: Dataset,
  count: number,
  side = 236,
): Promise<ExampleImage[]> {
  const { test } = dataset.splits;
  const classes = dataset.classes.length;
  const shown = Math.min(count, classes);
  const examples: ExampleImage[] = [];
  for (let k = 0; k < shown; k++) {
    const index = test.labels.indexOf(Math.floor(k * classes / shown));
    if (index < 0) continue;
    const source = test.image(index);
    const { width, height, jpeg } = await displayImage(source, side, test.name(index));
    const grey = await preprocess(source, {}, test.name(index));
    const className = dataset.classes[test.labels[index]!]!;
    examples.push({ className, width, height, jpeg, grey });
  }
  return examples;
}
