import type { DataLoader } from "../pixels/loader.ts";

/** What a loader hands out in one epoch. */
export interface LoaderEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Number of batches. */
  readonly batches: number;
  /** Images of the first batch. */
  readonly firstSize: number;
  /** Images of the last batch. */
  readonly lastSize: number;
  /** Mean of all numbers in the epoch's images. */
  readonly mean: number;
  /** Standard deviation of the same numbers. */
  readonly std: number;
  /** Labels of the first eight images. */
  readonly labels: readonly number[];
}

/** Goes through a loader's next epochs and counts what comes. */
export async function loaderStatistics(
  loader: DataLoader,
  epochs: number,
): Promise<LoaderEpoch[]> {
  const found: LoaderEpoch[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const sizes: number[] = [];
    let first: number[] = [];
    let sum = 0, squares = 0, count = 0;
    for await (const { size, images, labels } of loader) {
      if (sizes.length === 0) first = [...labels.subarray(0, 8)];
      sizes.push(size);
      for (const x of images) {
        sum += x;
        squares += x * x;
      }
      count += images.length;
    }
    const mean = sum / count;
    found.push({
      epoch,
      batches: sizes.length,
      firstSize: sizes[0]!,
      lastSize: sizes.at(-1)!,
      mean,
      std: Math.sqrt(squares / count - mean * mean),
      labels: first,
    });
  }
  return found;
}
