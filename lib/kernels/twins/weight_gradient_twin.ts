/**
 * Readable twins of assembly/conv_weight_gradient.ts: the way back through max-pooling and
 * convolution to the weights, for one image. Only the position that won its pooling window passes
 * the window's gradient on, to the patch that it was computed from. Sums are in float64; the
 * kernels' are in float32.
 */
import { CHUNK, LONG_CHUNKS, SHORT_TILE_ROWS } from "../kernel_constants.ts";

/**
 * The gradient at a pooled output before its activation. Those of filter f at window p stand at
 * gFilter·f + gWindow·p. The argmax is the byte where the largest one's patch starts in a channel-last
 * image.
 */
export interface PooledGradient {
  readonly g: ArrayLike<number>;
  readonly argmax: ArrayLike<number>;
  readonly gFilter: number;
  readonly gWindow: number;
  readonly windows: number;
  readonly filters: number;
}

/** What the gradients of weights are made from. */
export interface WeightGradientInput extends PooledGradient {
  /** (height, width, channels) */
  readonly input: ArrayLike<number>;
  readonly row: number;
  readonly channels: number;
  readonly kernel: number;
  /** Sums so far, laid out in tiles. */
  readonly sums: ArrayLike<number>;
  /** (filters) gradients of the biases so far */
  readonly biases: ArrayLike<number>;
}

/** Sizes of a tile of sums: rows of the kernel, and neighbouring numbers of such a row. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

/** Gradients of a layer, of which the weights' are in tiles. */
export interface WeightGradients {
  /** NaN where a tile reaches past the end of the kernel or its row. */
  readonly sums: Float64Array;
  readonly biases: Float64Array;
}

/** Numbers of all tiles of a layer: (filters, bands of rows, chunks of columns, rows, columns). */
export function tiledSize(filters: number, channels: number, kernel: number, tile: Tile): number {
  const bands = Math.ceil(kernel / tile.rows), chunks = Math.ceil(kernel * channels / tile.columns);
  return filters * bands * chunks * tile.rows * tile.columns;
}

/** Where number i of row ky of filter f's kernel stands in the tiles; i = channels·kx + c. */
function inTiles(
  f: number,
  ky: number,
  i: number,
  channels: number,
  kernel: number,
  { rows, columns }: Tile,
): number {
  const bands = Math.ceil(kernel / rows), chunks = Math.ceil(kernel * channels / columns);
  const band = f * bands + Math.floor(ky / rows), chunk = band * chunks + Math.floor(i / columns);
  return (chunk * rows + ky % rows) * columns + i % columns;
}

/**
 * sums[f, ky, i] += Σ_windows g · input[patch + row·ky + i], and biases[f] += Σ_windows g.
 */
function addWeightGradients(of: WeightGradientInput, tile: Tile): WeightGradients {
  const { input, row, channels, kernel, g, argmax, gFilter, gWindow, windows, filters } = of;
  const sums = new Float64Array(tiledSize(filters, channels, kernel, tile)).fill(NaN);
  const biases = Float64Array.from(of.biases);
  for (let f = 0; f < filters; f++) {
    for (let p = 0; p < windows; p++) biases[f]! += g[gFilter * f + gWindow * p]!;
    for (let ky = 0; ky < kernel; ky++) {
      for (let i = 0; i < kernel * channels; i++) {
        const at = inTiles(f, ky, i, channels, kernel, tile);
        sums[at] = of.sums[at]!;
        for (let p = 0; p < windows; p++) {
          const place = gFilter * f + gWindow * p, patch = argmax[place]! / 4;
          sums[at]! += g[place]! * input[patch + row * ky + i]!;
        }
      }
    }
  }
  return { sums, biases };
}

/** A tile of `addShortWeightGradients`. */
export const SHORT_TILE: Tile = { rows: SHORT_TILE_ROWS, columns: CHUNK };
/** A tile of `addLongWeightGradients`: the whole kernel by 32. */
export const longTile = (kernel: number): Tile => ({ rows: kernel, columns: LONG_CHUNKS * CHUNK });

/** Adds an image's share to the gradients of weights, in tiles of 5 × 8, and of biases. */
export function addShortWeightGradients(of: WeightGradientInput): WeightGradients {
  return addWeightGradients(of, SHORT_TILE);
}

/** The same in tiles of kernel × 32. */
export function addLongWeightGradients(of: WeightGradientInput): WeightGradients {
  return addWeightGradients(of, longTile(of.kernel));
}

/**
 * Adds the sums of tiles to gradients (filters, channels, kernel, kernel), one float32 addition
 * each.
 * @param sums as one of the two above leaves them
 */
export function unpackWeightGradients(
  sums: ArrayLike<number>,
  filters: number,
  channels: number,
  kernel: number,
  tile: Tile,
  gradient: ArrayLike<number>,
): Float32Array {
  const result = Float32Array.from(gradient);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++) {
          result[at++]! += sums[inTiles(f, ky, channels * kx + c, channels, kernel, tile)]!;
        }
      }
    }
  }
  return result;
}
