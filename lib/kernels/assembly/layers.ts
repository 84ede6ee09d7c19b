// What the kernels are told about a layer: descriptors in linear memory, written once when the
// memory is laid out. Addresses and strides are in bytes. `deno task kernels` generates the offsets
// of the fields for TypeScript; all fields are 4 bytes wide.

/** A convolution with activation and pooling, and the buffers of the thread that computes it. */
@unmanaged
export class ConvLayer {
  /** (filters, channels, kernel, kernel) */
  weights: usize;
  /** (filters), readable to a multiple of 8 */
  bias: usize;
  channels: i32;
  height: i32;
  width: i32;
  filters: i32;
  kernel: i32;
  /** Height and width after pooling. */
  outHeight: i32;
  outWidth: i32;
  /** Of the input as a channel-last image, which `argmax` points into. */
  pixelBytes: i32;
  rowBytes: i32;
  /** From a filter to the next, and from a window to the next, among gradients and in `argmax`. */
  filterStride: usize;
  windowStride: usize;
  /**
   * Tile of the weight gradients: rows of the kernel by floats of a run; floats are a power of 2.
   */
  tileRows: i32;
  tileColumns: i32;
  /** Tiles that a kernel takes downwards, and that a run takes. */
  tileBands: i32;
  tileChunks: i32;
  /** Sums of the weight gradients: (filters, bands, chunks, rows, columns) of tiles. */
  sums: usize;
  /** Tiles that the padded weights of a filter take: downwards, and in a row. */
  paddedBands: i32;
  paddedChunks: i32;
  /** (filters, right?, bands, chunks, 7 rows, 8) from `padWeights` */
  paddedWeights: usize;
  /** Room for an address for each filter and window. */
  pointers: usize;
  /** Filters from `transformFilters` or `transformFilterColumns`. */
  transformed: usize;
  /**
   * Room for what stands between Winograd's transforms, in lanes: columns (6, 14), patches
   * (36, channels, 5) and products (36, 2, 5); in those of `convPoolWinogradColumns` columns
   * (8, channels, width), readable for seven more, no patches, and products (8, 2, 2·outWidth
   * rounded up to COLUMN_SUMS).
   */
  columns: usize;
  patches: usize;
  products: usize;
  /** Weights from `packFilters`. */
  packed: usize;
}

/** A dense layer, and a buffer of the thread that computes it. */
@unmanaged
export class DenseLayer {
  /** (panels, inputs, 16) */
  weights: usize;
  /** (panels, 16) */
  bias: usize;
  inputs: i32;
  units: i32;
  /** Panels of 16 units. */
  panels: i32;
  /** From one panel of weights to the next. */
  panelBytes: usize;
  /** From one image's outputs to the next; a multiple of 32. */
  outBytes: usize;
  /** TANH, SIGMOID or RELU; the last layer has none and reads none. */
  activation: i32;
  /** Weights from `transposePanels`: (panels of inputs, units, 16). */
  transposed: usize;
  /** From one of its panels to the next. */
  transposedPanelBytes: usize;
}

/** How the matrices of a product C = A·B stand; B and C in panels of 16 columns. */
@unmanaged
export class GemmShape {
  /** Panels of B and C. */
  panels: i32;
  /** Strides of A: (stride, 4) as it stands, (4, stride) transposed. */
  aRow: usize;
  aColumn: usize;
  /** From a panel to the next, and from a row of a panel to the next. */
  bPanel: usize;
  bRow: usize;
  cPanel: usize;
  cRow: usize;
}

/** The stretch of the parameters that a thread updates. */
@unmanaged
export class ParameterShare {
  weights: usize;
  firstMoment: usize;
  secondMoment: usize;
  /** The first shard's gradients. */
  gradients: usize;
  /** Parameters, a multiple of 4. */
  count: i32;
  shards: i32;
  /** From one shard's gradients to the next. */
  shardBytes: usize;
}

/** The numbers of one step of Adam. */
@unmanaged
export class AdamStep {
  beta1: f32;
  beta2: f32;
  /** learning rate / (1 − β₁ᵗ) */
  rate: f32;
  epsilon: f32;
  /** 1 / √(1 − β₂ᵗ) */
  correction: f32;
  /** Weight decay times learning rate. */
  decay: f32;
}

/** A quantized convolution. */
@unmanaged
export class Int8ConvLayer {
  /** Of each two filters `pairs` pairs and, if `odd`, one that has only x; see int8.ts. */
  records: usize;
  pairs: i32;
  odd: i32;
  /** (filters, even), 32-bit whole numbers */
  bias: usize;
  /** From a packed input to that of the next pixel, and of the next row. */
  right: usize;
  down: usize;
  filters: i32;
  outHeight: i32;
  outWidth: i32;
}

/** A quantized dense layer. */
@unmanaged
export class Int8DenseLayer {
  /** For each eight units, for each pair of inputs: unit 0's two, unit 1's, … */
  weights: usize;
  /** Pairs of packed inputs; an odd number has one of zeros more. */
  pairs: i32;
  /** (units, a multiple of 8) */
  bias: usize;
  units: i32;
}

/** How sums become the next layer's bytes, or logits. */
@unmanaged
export class Requantization {
  channels: i32;
  positions: i32;
  /** One a channel. */
  multipliers: usize;
  /** Eight floats: a₀, a₁, a₂, b₁, b₂, low, high, shift; see `requantize`. */
  curve: usize;
  /** Byte (channel, position) goes to channel·toChannel + position·toPosition. */
  toChannel: usize;
  toPosition: usize;
}
