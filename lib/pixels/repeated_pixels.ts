import type { SplitName } from "../data/dataset.ts";
import type { PixelSet } from "./pixels.ts";

/**
 * Says which images have the same pixels after preprocessing, whatever their files are called: one
 * sentence for each pair of splits, since what is measured on a split is too good where its images were
 * trained on, and one for images that have two labels.
 *
 * @param splits images of one size; their names are not known, so an image is named by its place, from 1
 */
export function repeatedPixels(splits: Readonly<Record<SplitName, PixelSet>>): string[] {
  const seen = new Map<number, Place[]>();
  const pairs = new Map<string, Pair>();
  let twoLabels: Pair | undefined;
  for (const split of ["train", "val", "test"] as const) {
    for (let index = 0; index < splits[split].length; index++) {
      const image = splits[split].get(index);
      const place = { split, index, image, label: splits[split].labels[index]! };
      const key = keyOf(image);
      const alike = seen.get(key);
      const first = alike?.find((before) => equal(before.image, image));
      if (first === undefined) {
        if (alike) alike.push(place);
        else seen.set(key, [place]);
        continue;
      }
      const name = `${first.split} ${split}`;
      const pair = pairs.get(name) ?? { first, second: place, count: 0 };
      pairs.set(name, { ...pair, count: pair.count + 1 });
      if (first.label !== place.label) {
        twoLabels = {
          ...(twoLabels ?? { first, second: place }),
          count: (twoLabels?.count ?? 0) + 1,
        };
      }
    }
  }
  const sentences = [...pairs.values()].map(({ first, second, count }) =>
    `${count} ${second.split} ${count === 1 ? "image has" : "images have"} the pixels of ` +
    `${
      first.split === second.split ? "another" : "a"
    } ${first.split} image (${second.split} image ` +
    `${second.index + 1} those of ${first.split} image ${first.index + 1}` +
    `${count === 1 ? "" : ", for one"})` +
    (first.split === second.split
      ? ""
      : `, so what is measured on ${second.split} is not all of new images`)
  );
  if (twoLabels) {
    const { first, second, count } = twoLabels;
    sentences.push(
      `${count} of them ${count === 1 ? "has" : "have"} two labels (${second.split} image ` +
        `${second.index + 1} has label ${second.label}, ${first.split} image ${
          first.index + 1
        } has ` +
        `label ${first.label})`,
    );
  }
  return sentences;
}

interface Place {
  readonly split: SplitName;
  /** From 0. */
  readonly index: number;
  readonly image: Uint8Array;
  readonly label: number;
}

interface Pair {
  readonly first: Place;
  readonly second: Place;
  readonly count: number;
}

/** A hash of every 16th pixel: images with the same key are compared whole. */
function keyOf(image: Uint8Array): number {
  let key = 0x811c9dc5;
  for (let i = 0; i < image.length; i += 16) key = Math.imul(key ^ image[i]!, 0x01000193);
  return key;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
