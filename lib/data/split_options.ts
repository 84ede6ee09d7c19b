import { DataError } from "./data_error.ts";

/** How images that have no splits of their own are split; of each class the same shares. */
export interface SplitOptions {
  /** Share of the images for validation, above 0; default 0.1. */
  readonly val?: number;
  /** Share of the images for the test, above 0; default 0.1. */
  readonly test?: number;
  /** Decides, with a class's name and the names of its images, which they are; default 0. */
  readonly seed?: number;
}

/**
 * Checks a split, and completes it.
 * @throws RangeError naming a key that is unknown, or a share or a seed that cannot be
 */
export function checkSplit(split: SplitOptions): Required<SplitOptions> {
  const known = ["val", "test", "seed"];
  const unknown = Object.keys(split).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`a split has no ${unknown}; it has ${known.join(", ")}`);
  }
  const { val = 0.1, test = 0.1, seed = 0 } = split;
  for (const [name, share] of Object.entries({ val, test })) {
    if (!(share > 0 && share < 1)) {
      throw new RangeError(`the split's share ${name} must be between 0 and 1, got ${share}`);
    }
  }
  if (!(val + test < 1)) {
    throw new RangeError(`shares of ${val} and ${test} leave nothing to train on`);
  }
  if (!Number.isInteger(seed)) throw new RangeError(`the split's seed must be whole, got ${seed}`);
  return { val, test, seed };
}

/**
 * A split as `LENET_SPLIT` has it: "val=0.1 test=0.2 seed=3", each of the three at most once.
 * @param where names the text in messages
 * @throws {DataError} naming what cannot be understood
 */
export function parseSplit(text: string, where = "LENET_SPLIT"): Required<SplitOptions> {
  const split: Record<string, number> = {};
  for (const word of text.trim().split(/[\s,]+/)) {
    const [, key, value] = /^(val|test|seed)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    if (key === undefined || key in split) {
      throw new DataError(`${where} is "${text}"; it is written as "val=0.1 test=0.1 seed=0"`);
    }
    split[key] = Number(value);
  }
  try {
    return checkSplit(split);
  } catch (error) {
    throw new DataError(`${where} is "${text}": ${(error as Error).message}`);
  }
}
