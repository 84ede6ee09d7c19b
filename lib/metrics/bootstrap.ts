import { Rng } from "../util/rng.ts";

/** A number with its bootstrap interval. */
export interface BootstrapInterval {
  /** What the data give. */
  readonly value: number;
  /** The 2.5 % and the 97.5 % quantile of the resampled values. */
  readonly interval: readonly [number, number];
}

/** A difference with its bootstrap interval, and a test of it. */
export interface BootstrapDifference extends BootstrapInterval {
  /**
   * Two-sided p-value of a difference of 0: twice the share of the drawn differences that are not on the side
   * of 0 where most are. The difference itself counts as one draw more, so that no p-value is 0.
   */
  readonly p: number;
}

/** How a bootstrap draws. The same options give the same numbers. */
export interface BootstrapOptions {
  /** How many samples are drawn; default 2,000. */
  readonly samples?: number;
  /** Seed of the random numbers; default 1. */
  readonly seed?: number;
}

/** Whether each image is classified correctly, by each of several networks: (networks, images). */
export type Hits = readonly (readonly boolean[])[];

/**
 * Mean accuracy over networks that differ in their seed, measured on the same images, with a percentile
 * interval that holds for other images and other seeds: rows and columns are drawn anew, independently
 * of each other (the pigeonhole bootstrap, Owen 2007, which is conservative).
 * @throws RangeError if there is no network or no image, or the networks have different images
 */
export function bootstrapMean(hits: Hits, options: BootstrapOptions = {}): BootstrapInterval {
  const { value, interval } = bootstrap(shares(hits), options);
  return { value, interval };
}

/**
 * Difference of two mean accuracies, first minus second, measured on the same images: whatever images are
 * drawn, they are drawn for both. Networks of one seed are drawn together.
 * @throws RangeError as `bootstrapMean` does, and if the two have different numbers of networks or images
 */
export function pairedBootstrap(
  first: Hits,
  second: Hits,
  options: BootstrapOptions = {},
): BootstrapDifference {
  const [a, b] = [shares(first), shares(second)];
  if (a.length !== b.length || a[0]!.length !== b[0]!.length) {
    throw new RangeError(
      `${a.length} networks on ${a[0]!.length} images cannot be paired with ` +
        `${b.length} on ${b[0]!.length}`,
    );
  }
  return bootstrap(a.map((row, i) => row.map((x, j) => x - b[i]![j]!)), options);
}

function shares(hits: Hits): Float64Array[] {
  const images = hits[0]?.length ?? 0;
  if (images === 0) throw new RangeError("there is no network or no image to draw from");
  const other = hits.find((row) => row.length !== images);
  if (other) throw new RangeError(`one network has ${images} images, another ${other.length}`);
  return hits.map((row) => Float64Array.from(row, Number));
}

function bootstrap(
  values: readonly Float64Array[],
  { samples = 2000, seed = 1 }: BootstrapOptions,
): BootstrapDifference {
  if (!Number.isInteger(samples) || samples < 40) {
    throw new RangeError(`samples must be a whole number from 40, got ${samples}`);
  }
  const rng = new Rng(seed).fork("bootstrap");
  const rows = values.length, columns = values[0]!.length, cells = rows * columns;
  const total = (row: Float64Array) => row.reduce((sum, x) => sum + x, 0);
  const value = values.reduce((sum, row) => sum + total(row), 0) / cells;
  const means = Float64Array.from({ length: samples }, () => {
    const drawn = new Float64Array(columns); // how often each column is drawn
    for (let i = 0; i < columns; i++) drawn[rng.int(columns)]!++;
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      const row = values[rng.int(rows)]!;
      for (let j = 0; j < columns; j++) sum += drawn[j]! * row[j]!;
    }
    return sum / cells;
  }).sort();
  const quantile = (q: number) => {
    const at = q * (samples - 1), below = Math.floor(at);
    return means[below]! + (at - below) * ((means[below + 1] ?? means[below]!) - means[below]!);
  };
  const above = means.filter((mean) => mean >= 0).length;
  const below = means.filter((mean) => mean <= 0).length;
  const p = Math.min(1, 2 * (Math.min(above, below) + 1) / (samples + 1));
  return { value, interval: [quantile(0.025), quantile(0.975)], p };
}
