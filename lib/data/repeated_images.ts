import { join } from "node:path";
import { DataError, type OnNotice } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";
import type { SplitName } from "./dataset.ts";

/** A line of a list. */
export interface Entry {
  /** Relative to the root. */
  readonly path: string;
  readonly label: number;
  /** Number of the line, from 1. */
  readonly line: number;
}

/** The three lists of a data set. */
export type Lists = Readonly<Record<SplitName, readonly Entry[]>>;

interface Place {
  readonly split: SplitName;
  readonly entry: Entry;
}

/**
 * Looks for images that are listed more than once, under the same path or through links. Twice with
 * the same label is told to `onNotice`, once for each pair of lists: an image in two splits makes
 * what is measured on one of them too good.
 *
 * @param real the path without links of each image whose listed path is another one
 * @throws {DataError} naming both lines where one image has two labels
 */
export function checkRepeated(
  { root, real: realRoot }: DataFolder,
  lists: Lists,
  real: ReadonlyMap<string, string>,
  onNotice: OnNotice,
): void {
  const seen = new Map<string, Place>();
  const repeated = new Map<string, { readonly first: string; count: number }>();
  for (const split of ["train", "val", "test"] as const) {
    for (const entry of lists[split]) {
      const { path, label, line } = entry;
      const key = real.get(path) ?? join(realRoot, path);
      const before = seen.get(key);
      if (before === undefined) {
        seen.set(key, { split, entry });
        continue;
      }
      const here = `${join(root, `${split}.txt`)}:${line}`;
      const there = `${before.split}.txt:${before.entry.line}`;
      if (before.entry.label !== label) {
        throw new DataError(
          `${here}: the image ${path} has label ${label} here and label ${before.entry.label} in ` +
            `${there}; an image has one label`,
        );
      }
      const what = before.split === split
        ? `is listed in line ${before.entry.line} already`
        : `is in ${there} too, so what is measured on ${split}.txt is not of new images`;
      const pair = `${before.split} ${split}`;
      const known = repeated.get(pair);
      if (known !== undefined) known.count++;
      else repeated.set(pair, { first: `${here}: the image ${path} ${what}`, count: 1 });
    }
  }
  for (const { first, count } of repeated.values()) {
    onNotice(count === 1 ? first : `${first} (${count} images in all)`);
  }
}
