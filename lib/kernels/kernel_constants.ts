/**
 * Sizes that the kernels and the code around them must agree on. This file is read by both compilers:
 * TypeScript imports it, and so do the AssemblyScript sources. Each size has its one value here.
 */

/** Images side by side in the forward convolutions: number i of each, then number i + 1 of each. */
export const LANE_IMAGES = 8;
/** Bytes of a lane row: one 32-bit number of each of those images. */
export const LANE_ROW = 4 * LANE_IMAGES;

/** Columns of a panel of a dense layer's weights. */
export const PANEL = 16;
/** Bytes of a panel's row. */
export const PANEL_ROW = 4 * PANEL;

/** Floats of a tile's row in the backward convolutions: one 256-bit register. */
export const CHUNK = 8;
/** Bytes of such a row. */
export const CHUNK_ROW = 4 * CHUNK;
/** Chunks of a row of the long tile of `addLongWeightGradients`. */
export const LONG_CHUNKS = 4;
/** Kernel rows of the short tile of `addShortWeightGradients`. */
export const SHORT_TILE_ROWS = 5;
/** Rows of a tile of `addInputGradient`. */
export const INPUT_TILE_ROWS = 6;
/** Rows of a tile of padded weights: reading may start one row further down. */
export const PADDED_TILE_ROWS = INPUT_TILE_ROWS + 1;

/** Values of a patch of 6 × 6 pixels that `convPoolWinograd` has transformed. */
export const PATCH_POINTS = 36;
/** Windows of a row that `convPoolWinograd` takes at a time. */
export const PATCH_WINDOWS = 5;
/** Columns of pixels that so many windows and their kernels cover. */
export const PATCH_COLUMNS = 2 * PATCH_WINDOWS + 4;
/** Values of a column of eight pixels that `convPoolWinogradColumns` has transformed. */
export const COLUMN_POINTS = 8;
/** Columns of sums that `convPoolWinogradColumns` takes at a time. */
export const COLUMN_SUMS = 4;

/** Filters of a tile of `convPoolSingle`. */
export const SINGLE_FILTERS = 8;
/** Bytes of a pair of int8x4 inputs for two filters: two offsets, then weights A(x), A(y), B(x), B(y). */
export const INT8_RECORD = 24;
/** Units that one tile of `denseInt8` computes. */
export const INT8_UNITS = 8;

/** Images that a thread takes through the network together; what they need stays in the cache. */
export const MICRO_BATCH = 32;
/** The first address that is free: the compiler puts the kernels' own constants below. */
export const MEMORY_START = 65536;

/** What the kernels call the activations. */
export const TANH = 0, SIGMOID = 1, RELU = 2;

/**
 * The largest size of a number that convolution and pooling at once take: Winograd's method rounds in proportion to
 * the largest number of a patch, which is to stay small beside what a network computes with.
 */
export const MODERATE = 65536;
