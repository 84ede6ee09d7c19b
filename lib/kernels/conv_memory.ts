import { type AddressSpace, roundUp } from "./address_space.ts";
import {
  CHUNK,
  COLUMN_POINTS,
  COLUMN_SUMS,
  INPUT_TILE_ROWS,
  LANE_IMAGES,
  LONG_CHUNKS,
  MICRO_BATCH,
  PADDED_TILE_ROWS,
  PANEL,
  PATCH_COLUMNS,
  PATCH_POINTS,
  PATCH_WINDOWS,
  SHORT_TILE_ROWS,
  SINGLE_FILTERS,
} from "./kernel_constants.ts";
import { ConvLayer } from "./kernel_interface.ts";
import type { ConvStage } from "./kernel_plan.ts";

/** Where a convolution's numbers stand; addresses and strides in bytes. */
export interface ConvLayout extends ConvStage {
  readonly weight: number;
  readonly bias: number;
  /** Pixels of the pooled output. */
  readonly windows: number;
  /** Between two images' outputs. */
  readonly outStride: number;
  /** Whether outputs stand channel-last, as the next convolution's backward pass reads them. */
  readonly channelLast: boolean;
  /** Whether a kernel's row is so long that `addLongWeightGradients` is faster. */
  readonly isLong: boolean;
  /** Which of Winograd's methods trains, if one does: transforms in both directions or in one. */
  readonly winograd: "patches" | "columns" | undefined;
}

/** A thread's buffers for one convolution. */
export interface ConvBuffers {
  /** The descriptor, a ConvLayer. */
  readonly layer: number;
  readonly outLanes: number;
  readonly argmaxLanes: number;
  readonly out: number;
  readonly argmax: number;
  readonly grad: number;
  readonly sums: number;
  readonly sumsFloats: number;
  readonly paddedWeights: number;
  readonly paddedWeightsFloats: number;
}

/**
 * Lays out what all threads share of a convolution.
 * @param isLast whether no other convolution follows
 */
export function layOutConv(
  stage: ConvStage,
  weight: number,
  bias: number,
  isLast: boolean,
): ConvLayout {
  const { channels, filters, kernel, outHeight, outWidth } = stage;
  const windows = outHeight * outWidth;
  return {
    ...{ ...stage, weight, bias, windows, channelLast: !isLast },
    // three numbers more than there are: see lanesToChannelLast
    outStride: 4 * roundUp(windows * filters + (isLast ? 0 : 3), PANEL),
    isLong: kernel * channels > 2 * CHUNK,
    winograd: winogradMethod(stage),
  };
}

/** Whether there are too few channels to sum over for transforms in both directions. */
const columnsOnly = (channels: number): boolean => channels < 3;

/**
 * Whether Winograd's transforms cost less than the multiply-adds that they save: they are shared by all
 * filters, and windows that fill up the last tile of a row are computed for nothing.
 */
function winogradPays({ kernel, channels, filters, outWidth }: WinogradShape): boolean {
  return kernel === 5 && filters >= 4 &&
    (columnsOnly(channels) || roundUp(outWidth, PATCH_WINDOWS) <= 1.25 * outWidth);
}

/** What decides on Winograd's method. */
type WinogradShape = Pick<ConvStage, "kernel" | "channels" | "filters" | "outWidth">;

/** Which of Winograd's methods trains, if one does: transforms in both directions or in one. */
export function winogradMethod(shape: WinogradShape): ConvLayout["winograd"] {
  return winogradPays(shape) ? columnsOnly(shape.channels) ? "columns" : "patches" : undefined;
}

/**
 * A thread's buffers and descriptor for a convolution.
 * @param pointers room that the thread's layers share
 */
export function convBuffers(
  conv: ConvLayout,
  pointers: number,
  space: AddressSpace,
): ConvBuffers {
  const { channels, height, width, filters, kernel, outHeight, outWidth, windows } = conv;
  // kernels read and write whole tiles, up to six rows past the end
  const slack = 8 * width * channels + 64;
  const lanes = LANE_IMAGES * windows * roundUp(filters, 4) + slack;
  const images = MICRO_BATCH * conv.outStride / 4;

  const tileRows = conv.isLong ? kernel : SHORT_TILE_ROWS;
  const tileColumns = conv.isLong ? LONG_CHUNKS * CHUNK : CHUNK;
  const tileBands = Math.ceil(kernel / tileRows);
  const tileChunks = Math.ceil(kernel * channels / tileColumns);
  const sumsFloats = filters * tileBands * tileChunks * tileRows * tileColumns;
  const sums = space.floats(sumsFloats);

  const paddedBands = Math.ceil((kernel + 1) / INPUT_TILE_ROWS);
  const paddedChunks = Math.ceil((kernel + 1) * channels / CHUNK);
  // two copies a filter
  const paddedWeightsFloats = filters * 2 * paddedBands * paddedChunks * PADDED_TILE_ROWS * CHUNK;
  const paddedWeights = space.floats(paddedWeightsFloats);

  const layer = space.descriptor(ConvLayer, {
    ...{ channels, height, width, filters, kernel, outHeight, outWidth },
    ...{ weights: conv.weight, bias: conv.bias },
    ...{ pixelBytes: 4 * channels, rowBytes: 4 * channels * width },
    filterStride: conv.channelLast ? 4 : 4 * windows,
    windowStride: conv.channelLast ? 4 * filters : 4,
    ...{ tileRows, tileColumns, tileBands, tileChunks, sums },
    ...{ paddedBands, paddedChunks, paddedWeights, pointers },
    ...winogradBuffers(conv, space),
    packed: space.floats(roundUp(filters, SINGLE_FILTERS) * channels * kernel * kernel),
  });
  return {
    ...{ layer, sums, sumsFloats, paddedWeights, paddedWeightsFloats },
    outLanes: space.floats(lanes),
    argmaxLanes: space.floats(lanes),
    out: space.floats(images + 8 * filters * outWidth + slack),
    argmax: space.floats(images + slack),
    grad: space.floats(images + 8 * filters * outWidth + slack),
  };
}

/** Transformed filters, and room for what stands between the transforms; 0 what is not needed. */
function winogradBuffers(
  { winograd, channels, filters, outWidth, width }: ConvLayout,
  space: AddressSpace,
): { transformed: number; columns: number; patches: number; products: number } {
  const twoFilters = roundUp(filters, 2);
  if (winograd === undefined) return { transformed: 0, columns: 0, patches: 0, products: 0 };
  if (winograd === "columns") {
    return {
      transformed: space.floats(COLUMN_POINTS * channels * 5 * twoFilters),
      columns: space.floats((COLUMN_POINTS * channels * width + 7) * LANE_IMAGES),
      patches: 0,
      products: space.floats(COLUMN_POINTS * 2 * roundUp(2 * outWidth, COLUMN_SUMS) * LANE_IMAGES),
    };
  }
  return {
    transformed: space.floats(PATCH_POINTS * channels * twoFilters),
    columns: space.floats(6 * PATCH_COLUMNS * LANE_IMAGES),
    patches: space.floats(PATCH_POINTS * channels * PATCH_WINDOWS * LANE_IMAGES),
    products: space.floats(PATCH_POINTS * 2 * PATCH_WINDOWS * LANE_IMAGES),
  };
}
