/**
 * Refuses images and labels that a network would take without a word and learn nothing from: images of
 * another size than its input, labels that are none of its classes, pixels that are no numbers.
 */
import { type Architecture, countClasses } from "../model/architecture.ts";
import { firstNonFinite } from "../model/finite.ts";
import { type Batch, ByteBatch } from "../pixels/pixels.ts";
import type { Batches } from "./system.ts";

/**
 * The same batches, each of them checked before it is passed on. `fit` goes through its training and its
 * validation images this way.
 *
 * A batch of 256 images that a `DataLoader` makes is checked in about 0.01 ms, since its pixels are bytes.
 * Of images that are given as float32, every number is looked at, which takes 0.1 to 0.4 ms for 256 images
 * of 32 × 32.
 * @param what what error messages call the images
 * @param begin called at the beginning of each iteration; tells how many batches it leaves out
 * @throws RangeError while they are gone through, naming the batch and what is wrong with it
 */
export function checkedBatches(
  architecture: Architecture,
  batches: Batches,
  what: string,
  begin: () => number = () => 0,
): Batches {
  const { length, samples, imageShape, softTargets = false } = batches;
  if (imageShape) checkImageShape(architecture, imageShape, what);
  const classes = countClasses(architecture);
  const miscounted = (number: number, images: number) =>
    new RangeError(
      `an epoch of the ${what} batches must have ${length} batches (length) with ${samples} images ` +
        `(samples), but ${number} with ${images} came; give batches that can be gone through again, ` +
        "and their right counts",
    );
  return {
    length,
    samples,
    softTargets,
    ...(imageShape ? { imageShape } : {}),
    async *[Symbol.asyncIterator]() {
      const skipped = begin();
      let number = skipped, images = 0;
      for await (const batch of batches) {
        checkBatch(architecture, classes, batch, `${what} batch ${++number}`);
        checkTargets(batch, classes, softTargets, `${what} batch ${number}`);
        images += batch.size;
        if (number > length || images > samples) throw miscounted(number, images);
        yield batch;
      }
      if (number < length || (skipped === 0 && images < samples)) throw miscounted(number, images);
    },
  };
}

/** @throws RangeError if images of this shape are not what the network takes */
export function checkImageShape(
  { name, input }: Architecture,
  shape: Architecture["input"],
  what: string,
): void {
  const { channels, height, width } = shape;
  if (channels === input.channels && height === input.height && width === input.width) return;
  throw new RangeError(
    `the ${what} images are ${channels}×${height}×${width}, but ${name} takes ${sides(input)} ` +
      "(channels × height × width)",
  );
}

function checkBatch(
  architecture: Architecture,
  classes: number,
  batch: Batch,
  where: string,
): void {
  const { size, labels, bytes, normalisation } = batch;
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`${where}: size must be a whole number of at least 1, got ${size}`);
  }
  if (labels.length !== size) {
    throw new RangeError(`${where}: ${size} images have ${labels.length} labels`);
  }
  const wrong = labels.findIndex((label) =>
    !Number.isInteger(label) || label < 0 || label >= classes
  );
  if (wrong >= 0) {
    throw new RangeError(
      `${where}: label ${labels[wrong]} of image ${wrong} is outside 0 to ${classes - 1}`,
    );
  }
  if (bytes) checkLength(architecture, bytes, size, where);
  if (normalisation) {
    const { mean, std } = normalisation;
    if (!Number.isFinite(mean) || !Number.isFinite(std) || std === 0) {
      throw new RangeError(
        `${where}: a normalisation needs a finite mean and std and a std that is not 0, got ` +
          `${mean} and ${std}`,
      );
    }
  }
  // a ByteBatch makes its images from its bytes, and only when somebody asks for them
  if (batch instanceof ByteBatch) return;
  checkImages(architecture, batch.images, size, where);
  const broken = firstNonFinite(batch.images);
  if (broken >= 0) throw brokenPixel(batch.images, broken, architecture, where);
}

/** How far an image's targets may sum from 1: they are float32. */
const tolerance = 1e-3;

/** @throws RangeError unless targets are there as announced, each image's at least 0 and with sum 1 */
function checkTargets(
  { size, targets }: Batch,
  classes: number,
  announced: boolean,
  where: string,
): void {
  if ((targets !== undefined) !== announced) {
    throw new RangeError(
      `${where} ${targets ? "has" : "lacks"} targets, but softTargets is ${announced}`,
    );
  }
  if (!targets) return;
  if (targets.length !== size * classes) {
    throw new RangeError(
      `${where}: ${size} images of ${classes} classes need ${size * classes} targets, got ` +
        targets.length,
    );
  }
  for (let n = 0; n < size; n++) {
    let sum = 0, least = 0;
    for (let i = n * classes; i < (n + 1) * classes; i++) {
      sum += targets[i]!;
      if (!(targets[i]! >= 0)) least = targets[i]!;
    }
    if (least === 0 && Math.abs(sum - 1) <= tolerance) continue;
    throw new RangeError(
      `${where}: the targets of image ${n} must be at least 0 and sum to 1` +
        (least === 0 ? `, but sum to ${sum}` : `, but one is ${least}`),
    );
  }
}

/**
 * Checks the images that `System.predict` is given. To look at every pixel would slow inference down
 * by several per cent. So one in 61 is looked at, which finds images that are broken as a whole, after a
 * division by a std of 0, say. `checkLogits` finds most others; an infinity, which saturates units, and a NaN
 * at an image's rim may pass. `predictAll` looks at every pixel.
 * @throws RangeError naming what is wrong
 */
export function checkPredict(
  architecture: Architecture,
  images: Float32Array,
  count: number,
): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`predict: the count of images must be a whole number, got ${count}`);
  }
  checkImages(architecture, images, count, "predict");
  for (let i = 0; i < images.length; i += 61) {
    if (!Number.isFinite(images[i])) throw brokenPixel(images, i, architecture, "predict");
  }
}

/**
 * Checks what `System.predict` answers: (images, classes).
 * @throws RangeError naming the pixel or the image, if a logit is NaN or infinite
 */
export function checkLogits(
  architecture: Architecture,
  images: Float32Array,
  logits: Float32Array,
): void {
  const broken = firstNonFinite(logits);
  if (broken < 0) return;
  const pixel = firstNonFinite(images);
  if (pixel >= 0) throw brokenPixel(images, pixel, architecture, "predict");
  const image = Math.floor(broken / countClasses(architecture));
  throw new RangeError(
    `predict: a logit of image ${image} is ${
      logits[broken]
    }, although all pixels are finite: the weights ` +
      "are broken or far out of scale",
  );
}

function checkImages(
  architecture: Architecture,
  images: Float32Array,
  count: number,
  where: string,
): void {
  if (!(images instanceof Float32Array)) {
    throw new RangeError(
      `${where}: images must be normalised pixels in a Float32Array, got ${typeName(images)}`,
    );
  }
  checkLength(architecture, images, count, where);
}

function checkLength(
  { name, input }: Architecture,
  pixels: ArrayLike<number>,
  count: number,
  where: string,
): void {
  const wanted = count * input.channels * input.height * input.width;
  if (pixels.length === wanted) return;
  throw new RangeError(
    `${where}: ${name} takes images of ${sides(input)}, so ${count} of them have ${wanted} ` +
      `numbers; ${pixels.length} are given`,
  );
}

function brokenPixel(
  images: Float32Array,
  at: number,
  { input: { channels, height, width } }: Architecture,
  where: string,
): RangeError {
  const pixels = channels * height * width;
  return new RangeError(
    `${where}: pixel ${at % pixels} of image ${Math.floor(at / pixels)} is ${
      images[at]
    }; a network ` +
      "takes finite numbers only",
  );
}

const sides = ({ channels, height, width }: Architecture["input"]) =>
  `${channels}×${height}×${width}`;

const typeName = (value: unknown) =>
  typeof value === "object" && value !== null ? value.constructor?.name : typeof value;
