import { ControlBlock } from "./control_block.ts";
import {
  CHUNK,
  COLUMN_POINTS,
  COLUMN_SUMS,
  INPUT_TILE_ROWS,
  LANE_IMAGES,
  LONG_CHUNKS,
  MEMORY_START,
  MICRO_BATCH,
  PADDED_TILE_ROWS,
  PANEL,
  PATCH_COLUMNS,
  PATCH_POINTS,
  PATCH_WINDOWS,
  SHORT_TILE_ROWS,
  SINGLE_FILTERS,
} from "./kernel_constants.ts";
import type { ConvStage, DenseStage, Plan } from "./kernel_plan.ts";

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
  /** Tile of the weight gradients: 5 × 8 for short runs, whole kernel × 32 for long ones. */
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly weightChunks: number;
  /** Tiles of 8 floats across which the input's gradient reaches from a window. */
  readonly inputChunks: number;
}

/** Where a dense layer's numbers stand; addresses and strides in bytes. */
export interface DenseLayout extends DenseStage {
  readonly weight: number;
  readonly bias: number;
  readonly panels: number;
  /** Between two panels of weights. */
  readonly panelStride: number;
  /** Between two images' outputs. */
  readonly outStride: number;
}

/** A thread's buffers for one convolution. */
export interface ConvBuffers {
  readonly outLanes: number;
  readonly argmaxLanes: number;
  readonly out: number;
  readonly argmax: number;
  readonly grad: number;
  readonly sums: number;
  readonly sumsFloats: number;
  readonly paddedWeights: number;
  readonly paddedWeightsFloats: number;
  /** Weights as the kernels for a single image read them. */
  readonly packed: number;
  /** What `convPoolWinograd` needs; undefined where `convPool` does the training as well. */
  readonly winograd: WinogradBuffers | undefined;
}

/** Transformed filters, and room for what stands between the transforms. */
export interface WinogradBuffers {
  readonly filters: number;
  readonly columns: number;
  /** Undefined where the transforms go down the columns only. */
  readonly patches: number | undefined;
  readonly products: number;
}

/** A thread's buffers for one dense layer. */
export interface DenseBuffers {
  readonly out: number;
  readonly grad: number;
  readonly transposed: number;
}

/** A thread's buffers. */
export interface ThreadLayout {
  readonly inputLanes: number;
  /** The input channel-last; 0 where it is that already. */
  readonly input: number;
  readonly convs: readonly ConvBuffers[];
  readonly denses: readonly DenseBuffers[];
  readonly pointers: number;
  readonly report: number;
}

/** The whole memory of an engine. */
export interface Layout {
  readonly plan: Plan;
  readonly threads: number;
  readonly shards: number;
  /** Floats of all parameters, each array rounded up to whole cache lines. */
  readonly parameterFloats: number;
  readonly parameters: number;
  readonly firstMoment: number;
  readonly secondMoment: number;
  readonly gradients: number;
  readonly gradientStride: number;
  readonly convs: readonly ConvLayout[];
  readonly denses: readonly DenseLayout[];
  readonly perThread: readonly ThreadLayout[];
  readonly control: number;
  readonly inputStride: number;
  /** Images, then bytes, labels, logits and losses of a batch start here. */
  readonly batch: number;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Shards that a batch's gradient is summed from: the same for 1, 2 and 4 threads, so are its bits. */
export function shardsFor(threads: number): number {
  return 4 % threads === 0 ? 4 : threads;
}

/** Which of a batch's `count` images a shard of the gradient is summed over. */
export function shardOf(
  count: number,
  shard: number,
  shards: number,
): { readonly first: number; readonly size: number } {
  const first = Math.floor(count * shard / shards);
  return { first, size: Math.floor(count * (shard + 1) / shards) - first };
}

/** Lays out the memory for a network and a number of threads. */
export function layOut(plan: Plan, threads: number): Layout {
  let next = MEMORY_START;
  const take = (floats: number): number => {
    const at = next;
    next += roundUp(4 * floats, 64) + 64;
    return at;
  };
  let floats = 0;
  const parameter = (count: number): number => {
    const at = floats;
    floats += roundUp(count, 16);
    return at;
  };
  const convOffsets = plan.convs.map(({ filters, channels, kernel }) => ({
    weight: parameter(filters * channels * kernel * kernel),
    bias: parameter(roundUp(filters + 1, 8)),
  }));
  const denseOffsets = plan.denses.map(({ inputs, units }) => ({
    weight: parameter(roundUp(inputs, 4) * roundUp(units, PANEL)),
    bias: parameter(roundUp(units, PANEL)),
  }));
  const control = take(ControlBlock.bytes(threads) / 4);
  const parameters = take(floats);
  const firstMoment = take(floats);
  const secondMoment = take(floats);
  const shards = shardsFor(threads);
  const gradientStride = roundUp(4 * floats, 64) + 64;
  const gradients = take(shards * gradientStride / 4);
  const convs = plan.convs.map((stage, i): ConvLayout => {
    const { channels, filters, kernel, outHeight, outWidth } = stage;
    const isLong = kernel * channels > 2 * CHUNK;
    const tileColumns = isLong ? LONG_CHUNKS * CHUNK : CHUNK;
    const inputChunks = Math.ceil((kernel + 1) * channels / CHUNK);
    const windows = outHeight * outWidth;
    return {
      ...stage,
      weight: parameters + 4 * convOffsets[i]!.weight,
      bias: parameters + 4 * convOffsets[i]!.bias,
      windows,
      // three numbers more than there are: see lanesToChannelLast
      outStride: 4 * roundUp(windows * filters + (i + 1 < plan.convs.length ? 3 : 0), PANEL),
      channelLast: i + 1 < plan.convs.length,
      tileRows: isLong ? kernel : SHORT_TILE_ROWS,
      tileColumns,
      weightChunks: Math.ceil(kernel * channels / tileColumns),
      inputChunks,
    };
  });
  const denses = plan.denses.map((stage, i): DenseLayout => ({
    ...stage,
    weight: parameters + 4 * denseOffsets[i]!.weight,
    bias: parameters + 4 * denseOffsets[i]!.bias,
    panels: Math.ceil(stage.units / PANEL),
    panelStride: 4 * PANEL * roundUp(stage.inputs, 4),
    outStride: 4 * roundUp(stage.units, PANEL),
  }));
  const inputStride = 4 * roundUp(plan.inputLength, PANEL);
  const perThread = Array.from({ length: threads }, () => {
    const first = plan.convs[0];
    return {
      inputLanes: take(first ? LANE_IMAGES * roundUp(plan.inputLength, 4) : 0),
      input: first && first.channels > 1
        ? take(MICRO_BATCH * roundUp(plan.inputLength + 3, 16) + 1024)
        : 0,
      convs: convs.map((conv) => convBuffers(conv, take)),
      denses: denses.map((dense) => ({
        out: take(MICRO_BATCH * dense.outStride / 4 + 64),
        grad: take(MICRO_BATCH * dense.outStride / 4 + 64),
        transposed: take(roundUp(dense.inputs, PANEL) * roundUp(dense.units, 4)),
      })),
      pointers: take(Math.max(1, ...convs.map(({ filters, windows }) => filters * windows + 4))),
      report: take(3 * MICRO_BATCH),
    };
  });
  return {
    ...{ plan, threads, shards, parameterFloats: floats, parameters, firstMoment, secondMoment },
    ...{ gradients, gradientStride, convs, denses, perThread, control, inputStride, batch: next },
  };
}

/** Whether there are too few channels to sum over for transforms in both directions. */
const columnsOnly = (channels: number): boolean => channels < 3;

/**
 * Whether Winograd's transforms cost less than the multiply-adds that they save: they are shared by all
 * filters, and windows that fill up the last tile of a row are computed for nothing.
 */
function winogradPays({ kernel, channels, filters, outWidth }: ConvStage): boolean {
  return kernel === 5 && filters >= 4 &&
    (columnsOnly(channels) || roundUp(outWidth, PATCH_WINDOWS) <= 1.25 * outWidth);
}

function winogradBuffers(
  { channels, filters, outWidth, width }: ConvStage,
  take: (floats: number) => number,
): WinogradBuffers {
  if (columnsOnly(channels)) {
    return {
      filters: take(COLUMN_POINTS * channels * 5 * roundUp(filters, 2)),
      columns: take((COLUMN_POINTS * channels * width + 7) * LANE_IMAGES),
      patches: undefined,
      products: take(COLUMN_POINTS * 2 * roundUp(2 * outWidth, COLUMN_SUMS) * LANE_IMAGES),
    };
  }
  return {
    filters: take(PATCH_POINTS * channels * roundUp(filters, 2)),
    columns: take(6 * PATCH_COLUMNS * LANE_IMAGES),
    patches: take(PATCH_POINTS * channels * PATCH_WINDOWS * LANE_IMAGES),
    products: take(PATCH_POINTS * 2 * PATCH_WINDOWS * LANE_IMAGES),
  };
}

function convBuffers(conv: ConvLayout, take: (floats: number) => number): ConvBuffers {
  const { filters, kernel, windows, weightChunks, tileRows, tileColumns, width, channels } = conv;
  // kernels read and write whole tiles, up to six rows past the end
  const slack = 8 * width * channels + 64;
  const lanes = LANE_IMAGES * windows * roundUp(filters, 4) + slack;
  const sumsFloats = filters * Math.ceil(kernel / tileRows) * weightChunks * tileRows * tileColumns;
  // two copies a filter, in bands of rows and chunks of a row
  const bands = Math.ceil((kernel + 1) / INPUT_TILE_ROWS);
  const paddedWeightsFloats = filters * 2 * bands * conv.inputChunks * PADDED_TILE_ROWS * CHUNK;
  return {
    outLanes: take(lanes),
    argmaxLanes: take(lanes),
    out: take(MICRO_BATCH * conv.outStride / 4 + 8 * filters * conv.outWidth + slack),
    argmax: take(MICRO_BATCH * conv.outStride / 4 + slack),
    grad: take(MICRO_BATCH * conv.outStride / 4 + 8 * filters * conv.outWidth + slack),
    sums: take(sumsFloats),
    sumsFloats,
    paddedWeights: take(paddedWeightsFloats),
    paddedWeightsFloats,
    packed: take(roundUp(filters, SINGLE_FILTERS) * channels * kernel * kernel),
    winograd: winogradPays(conv) ? winogradBuffers(conv, take) : undefined,
  };
}

/** Addresses in the part of the memory that grows with the batch. */
export interface BatchLayout {
  /** Floats, `inputStride` apart. */
  readonly images: number;
  readonly bytes: number;
  readonly labels: number;
  /** (images, classes) */
  readonly logits: number;
  readonly end: number;
}

/** Lays out room for a batch of `count` images. */
export function layOutBatch(layout: Layout, count: number, classes: number): BatchLayout {
  const room = roundUp(count, MICRO_BATCH) + LANE_IMAGES;
  let next = layout.batch;
  const take = (bytes: number): number => {
    const at = next;
    next += roundUp(bytes, 64) + 64;
    return at;
  };
  const images = take(room * layout.inputStride);
  const bytes = take(room * layout.plan.inputLength);
  const labels = take(4 * room);
  const logits = take(4 * room * classes);
  return { images, bytes, labels, logits, end: next };
}
