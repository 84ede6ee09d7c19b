import type { Dataset, SplitName } from "../data/dataset.ts";
import { sha256 } from "../util/files.ts";
import { BadImage, BadImages, type SetAsideImage } from "./bad_image.ts";
import { lookAtSplit } from "./pixel_cache_key.ts";
import { type PackOptions, packPixels } from "./pack_pixels.ts";
import type { PackedPixels } from "./packed.ts";
import type { PixelSet } from "./pixels.ts";
import { type PreprocessOptions, preprocessOptions } from "./preprocess.ts";
import { repeatedPixels } from "./repeated_pixels.ts";

/** The three parts of a data set, preprocessed. */
export interface DatasetPixels extends Readonly<Record<SplitName, PixelSet>> {
  /** Name of each class, by label. */
  readonly classes: readonly string[];
  /** Hex digest of the three parts' keys and of the classes' names. */
  readonly key: string;
  /** The bad images that were left out of each part, with the reasons. */
  readonly setAside: Readonly<Record<SplitName, readonly SetAsideImage[]>>;
}

/** How `loadPixels` works. */
export interface LoadOptions extends Omit<PackOptions, "badImages"> {
  /**
   * Whether the first bad image of any part ends the work. False by default: bad training images are
   * set aside, because a network can be trained without them.
   */
  readonly strict?: boolean;
  /**
   * Whether bad validation and test images are set aside too. False by default, and then an error lists
   * them all: results on fewer images could not be compared with others'.
   */
  readonly setAsideHeldOut?: boolean;
}

/**
 * `packPixels` of the three parts of a data set; progress counts the images of all three. Bad training
 * images are set aside, listed in the result and told to `onNotice`, which also hears of images whose
 * pixels are those of others, in two splits above all.
 *
 * @throws {RangeError} naming the option that has no sensible value
 * @throws {BadImages} naming all bad validation and test images, before any training image is decoded
 * @throws {BadImage} naming the first bad image found, if `strict` is set
 */
export async function loadPixels(
  dataset: Dataset,
  options: Partial<PreprocessOptions> = {},
  { strict = false, setAsideHeldOut = false, ...pack }: LoadOptions = {},
): Promise<DatasetPixels> {
  const { splits, classes } = dataset;
  if (strict) refuseByLook(dataset, preprocessOptions(options));
  const total = splits.train.length + splits.val.length + splits.test.length;
  const { onProgress, onNotice = console.warn } = pack;
  let before = 0;
  const load = async (name: SplitName, badImages: PackOptions["badImages"] & string) => {
    const start = before;
    before += splits[name].length;
    return await packPixels(splits[name], options, {
      ...pack,
      badImages: strict ? "stop" : badImages,
      ...(onProgress && {
        onProgress: (done, _, note) => onProgress(start + done, total, `${name} ${note ?? ""}`),
      }),
    });
  };
  const heldOut = setAsideHeldOut ? "set aside" : "list";
  // The small parts first: an error about them should not come after minutes of decoding.
  const [val, test] = await bothOrAllBad(() => load("val", heldOut), () => load("test", heldOut));
  const train = await load("train", "set aside");
  const setAside = { train: train.setAside, val: val.setAside, test: test.setAside };
  for (const name of ["train", "val", "test"] as const) {
    if (setAside[name].length > 0) onNotice(notice(name, setAside[name], splits[name].length));
  }
  for (const sentence of repeatedPixels({ train, val, test })) onNotice(`${sentence}.`);
  const key = await sha256(JSON.stringify([train.key, val.key, test.key, classes]));
  return { train, val, test, classes, key, setAside };
}

/** @throws {BadImage} naming the first image that is missing, empty, too large or no file */
function refuseByLook({ splits }: Dataset, options: PreprocessOptions): void {
  for (const name of ["train", "val", "test"] as const) {
    const [first] = lookAtSplit(splits[name], options).bad;
    if (first) throw new BadImage(first.name, first.reason);
  }
}

/** The results of both tasks, or one error that names the bad images of both. */
async function bothOrAllBad(
  ...tasks: readonly [() => Promise<PackedPixels>, () => Promise<PackedPixels>]
): Promise<readonly [PackedPixels, PackedPixels]> {
  const bad: SetAsideImage[] = [];
  const collect = async (task: () => Promise<PackedPixels>) => {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof BadImages)) throw error;
      bad.push(...error.images);
    }
  };
  const [first, second] = [await collect(tasks[0]), await collect(tasks[1])];
  if (first === undefined || second === undefined) throw new BadImages(bad);
  return [first, second];
}

/** One line on what was set aside, with the first few names. */
function notice(split: SplitName, images: readonly SetAsideImage[], total: number): string {
  const shown = images.slice(0, 3).map(({ name, reason }) => `${name}: ${reason}`);
  const more = images.length > shown.length ? [`and ${images.length - shown.length} more`] : [];
  return `${images.length} of ${total} ${split} images cannot be used and are set aside (` +
    `${[...shown, ...more].join("; ")})`;
}
