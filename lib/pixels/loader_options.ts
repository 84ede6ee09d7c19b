import { type Augmentation, checkShift } from "./augment.ts";
import { checkMixing, type Mixing } from "./mix.ts";
import { isPerChannel, type PixelNormalisation, type PixelSource } from "./pixels.ts";
import { checkTeaching, type Teaching } from "./teaching.ts";
import { refuseUnknown } from "../util/refuse_unknown.ts";

/** How a `DataLoader` goes through its images. */
export interface DataLoaderOptions {
  /** Images a batch; 256 by default. */
  readonly batchSize?: number;
  /** Whether each epoch has an order of its own; false by default. */
  readonly shuffle?: boolean;
  /** Decides, with the epoch's number, the order of a shuffled epoch; 0 by default. */
  readonly seed?: number;
  /** Whether a last batch that is not full is left out; false by default. */
  readonly dropLast?: boolean;
  /** Batches prepared ahead of the one in use; 2 by default. */
  readonly prefetch?: number;
  /** Images read at once when the source reads them one by one; 8 by default. */
  readonly workers?: number;
  /**
   * Applied to each pixel, or a list with one for each channel; without it pixels stay 0–255. What is saved of a
   * network (runs, int8, classifiers) has one for all channels.
   */
  readonly normalisation?: PixelNormalisation;
  /** Varies the images, differently in each epoch but, with the same seed, always alike. */
  readonly augmentation?: Augmentation;
  /** Mixes images of a batch, and gives all batches targets. It needs `classes`. */
  readonly mixing?: Mixing;
  /** Number of classes, for what has targets for all of them. */
  readonly classes?: number;
  /**
   * Gives all batches a teacher's answers as targets. The images are varied only in the ways for which there
   * are answers.
   */
  readonly teaching?: Teaching;
}

const loaderKeys: Record<keyof DataLoaderOptions, true> = {
  ...{ batchSize: true, shuffle: true, seed: true, dropLast: true, prefetch: true, workers: true },
  ...{ normalisation: true, augmentation: true, mixing: true, classes: true, teaching: true },
};

/** The options, completed. */
export type LoaderSettings =
  & Required<Omit<DataLoaderOptions, "mixing" | "classes" | "teaching">>
  & Pick<DataLoaderOptions, "mixing" | "classes" | "teaching">;

/**
 * The options with what was left out, for the images of a source.
 * @throws {RangeError} naming the option that has no sensible value
 */
export function completeOptions(options: DataLoaderOptions, source: PixelSource): LoaderSettings {
  refuseUnknown("a DataLoader", options, loaderKeys);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const full: LoaderSettings = {
    ...{ batchSize: 256, shuffle: false, seed: 0, dropLast: false, prefetch: 2, workers: 8 },
    normalisation: { mean: 0, std: 1 },
    augmentation: {},
    ...Object.fromEntries(given) as DataLoaderOptions,
  };
  for (const [name, least] of [["batchSize", 1], ["prefetch", 0], ["workers", 1]] as const) {
    checkInteger(name, full[name], least);
  }
  for (const name of ["shuffle", "dropLast"] as const) checkSwitch(name, full[name]);
  if (!Number.isInteger(full.seed)) {
    throw new RangeError(`seed must be an integer, got ${full.seed}`);
  }
  const all = isPerChannel(full.normalisation) ? full.normalisation : [full.normalisation];
  if (isPerChannel(full.normalisation) && all.length !== source.channels) {
    throw new RangeError(
      `images of ${source.channels} channels need as many normalisations, got ${all.length}`,
    );
  }
  for (const { mean, std } of all) {
    if (Number.isFinite(mean) && Number.isFinite(std) && std > 0) continue;
    throw new RangeError(
      `normalisation needs a finite mean and a std over 0, got ${mean} and ${std}`,
    );
  }
  checkAugmentation(full.augmentation, source);
  const { mixing, teaching } = full;
  if (mixing) checkMixing(mixing);
  if (mixing && !teaching) checkInteger("classes", full.classes ?? NaN, 1);
  if (teaching) checkTeaching(teaching, source.length, full.augmentation);
  const classes = teaching ? teaching.classes : mixing && full.classes;
  if (classes !== undefined) checkTargetLabels(source.labels, classes);
  return full;
}

/** @throws {RangeError} naming the option that no augmentation of these images has */
function checkAugmentation(augmentation: Augmentation, { height, width }: PixelSource): void {
  refuseUnknown("an augmentation", augmentation, { shift: true, mirror: true });
  const { shift = 0, mirror = false } = augmentation;
  checkShift(shift, height, width);
  checkSwitch("mirror", mirror);
}

/** @throws RangeError naming an image whose label has no place in a target, before targets are made of it */
function checkTargetLabels(labels: Int32Array, classes: number): void {
  const at = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (at < 0) return;
  throw new RangeError(
    `image ${at} has label ${labels[at]}, for which targets of ${classes} numbers have no place; ` +
      "mixing and a teacher need the number of all classes",
  );
}

function checkSwitch(name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new RangeError(`${name} must be true or false, got ${String(value)}`);
}

/** @throws {RangeError} naming the number that is not whole, or below `least` */
export function checkInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer from ${least}, got ${value}`);
  }
}
