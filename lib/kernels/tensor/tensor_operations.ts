/**
 * What the tensor kernels compute. All numbers are float32 unless a comment says otherwise; every `Address`
 * is a byte address in the kernels' memory, a multiple of 4. Inputs may overlap each other; an output may not
 * overlap anything. A kernel may read up to `OVERREAD` bytes past the end of an input and never uses what it
 * finds there; it never writes outside its outputs.
 */

/** A byte address in the kernels' memory. */
export type Address = number;

/** Bytes past the end of an input that a kernel may read. */
export const OVERREAD = 65536;

/**
 * What is applied to each result before it is stored, as tfjs defines it. NaN stays NaN.
 * `leakyrelu` has the slope `alpha` (default 0.2) below zero.
 */
export type FusedActivation =
  | "linear"
  | "relu"
  | "relu6"
  | "elu"
  | "leakyrelu"
  | "sigmoid"
  | "tanh";

/**
 * Shape of a convolution or pooling over NHWC tensors. A `Conv2DInfo` of tfjs with dataFormat
 * "channelsLast" is one. Padding below and to the right follows from the sizes.
 */
export interface Geometry {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padInfo: { readonly top: number; readonly left: number };
}

export interface Fused {
  /** One number for each output channel or column; 0 or absent for none. */
  readonly bias?: Address;
  /** Default "linear". */
  readonly activation?: FusedActivation;
  readonly alpha?: number;
}

export interface Conv2d extends Fused {
  readonly geometry: Geometry;
  /** (batch, inHeight, inWidth, inChannels) */
  readonly input: Address;
  /** (filterHeight, filterWidth, inChannels, outChannels) */
  readonly filter: Address;
  /** The filter in panels already, as `packPanels` makes them of a matrix (taps, outChannels). */
  readonly panels?: Address;
  /** (batch, outHeight, outWidth, outChannels) */
  readonly output: Address;
}

export interface Conv2dFilterGradient {
  readonly geometry: Geometry;
  readonly input: Address;
  readonly outputGradient: Address;
  /** Result: (filterHeight, filterWidth, inChannels, outChannels) */
  readonly filterGradient: Address;
}

export interface Conv2dInputGradient {
  readonly geometry: Geometry;
  readonly outputGradient: Address;
  readonly filter: Address;
  /** Result: (batch, inHeight, inWidth, inChannels) */
  readonly inputGradient: Address;
}

/** Pooling has as many output channels as input channels; padding counts in neither maximum nor mean. */
export interface Pool {
  readonly geometry: Geometry;
  readonly input: Address;
  readonly output: Address;
}

export interface MaxPool extends Pool {
  /**
   * int32, as `output`: where the largest stands in its image, (y·inWidth + x)·channels + c; the first, if
   * several are equal; −1 where nothing in the window is greater than −∞. 0 or absent if nobody needs it.
   */
  readonly argmax?: Address;
}

export interface MaxPoolGradient {
  readonly geometry: Geometry;
  readonly outputGradient: Address;
  /** The pooling's input, from which the positions are found again. */
  readonly input: Address;
  /** Result: (batch, inHeight, inWidth, channels) */
  readonly inputGradient: Address;
}

export interface AveragePoolGradient {
  readonly geometry: Geometry;
  readonly outputGradient: Address;
  readonly inputGradient: Address;
}

/** C[i] = f(op(A[i])·op(B[i]) + bias) for each i of a batch. */
export interface MatMul extends Fused {
  readonly batch: number;
  /** C is (batch, rows, columns), op(A) (batch, rows, depth), op(B) (batch, depth, columns). */
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly a: Address;
  readonly b: Address;
  readonly c: Address;
  /** A stands as (depth, rows). */
  readonly transposeA?: boolean;
  /** B stands as (columns, depth). */
  readonly transposeB?: boolean;
  /** B in panels already, as `packPanels` makes them, if one serves all. */
  readonly panels?: Address;
  /** Numbers from one matrix of A or B to the next; 0 where one serves all. Default: as they stand. */
  readonly strideA?: number;
  readonly strideB?: number;
}

/** A parameter and its optimizer's state, `count` numbers each. */
export interface AdamParameter {
  readonly weights: Address;
  readonly mean: Address;
  readonly square: Address;
  readonly gradient: Address;
  readonly count: number;
}

/**
 * m = β₁·m + (1 − β₁)·g; v = β₂·v + (1 − β₂)·g²; w = keep·w − rate·m/(√v·correction + ε).
 *
 * At step t (from 1) with learning rate η: PyTorch has rate η/(1 − β₁ᵗ), correction 1/√(1 − β₂ᵗ);
 * Keras has rate η·√(1 − β₂ᵗ)/(1 − β₁ᵗ), correction 1. `keep` is 1 − η·decay of AdamW.
 */
export interface AdamStep {
  readonly parameters: readonly AdamParameter[];
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  readonly correction: number;
  readonly epsilon: number;
  /** Default 1. */
  readonly keep?: number;
}

export interface SgdParameter {
  readonly weights: Address;
  readonly gradient: Address;
  /** 0 or absent without momentum. */
  readonly velocity?: Address;
  readonly count: number;
}

/**
 * v = momentum·v + g; w = keep·w − rate·v (with `nesterov`: w = keep·w − rate·(g + momentum·v)). This is
 * PyTorch's and tfjs's momentum. Keras keeps −rate·v as its velocity, which moves the weights alike.
 */
export interface SgdStep {
  readonly parameters: readonly SgdParameter[];
  readonly rate: number;
  /** Default 0. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Default 1. */
  readonly keep?: number;
}

/** Square convolution without padding, stride 1, then max-pooling 2 × 2, then an activation that never falls. */
export interface ConvPoolShape {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  /** Filters. */
  readonly outChannels: number;
  /** inHeight − kernel + 1 and inWidth − kernel + 1 are even and above zero. */
  readonly kernel: number;
}

export type ConvPoolActivation = "linear" | "relu" | "sigmoid" | "tanh";

/**
 * output = f(maxPool₂ₓ₂(conv(input, filter) + bias)), which is the same as pooling after f. Where the input
 * or the filter is not finite, the windows around it are not finite either, but may hold other such values
 * than the separate operations give.
 */
export interface ConvPool {
  readonly shape: ConvPoolShape;
  readonly activation: ConvPoolActivation;
  /** (batch, inHeight, inWidth, inChannels) */
  readonly input: Address;
  /** (kernel, kernel, inChannels, outChannels) */
  readonly filter: Address;
  readonly bias: Address;
  /** (batch, (inHeight − kernel + 1)/2, (inWidth − kernel + 1)/2, outChannels) */
  readonly output: Address;
  /** int32, as `output`: what `convPoolGradient` wants; 0 or absent for inference. */
  readonly argmax?: Address;
}

export interface ConvPoolGradient {
  readonly shape: ConvPoolShape;
  readonly activation: ConvPoolActivation;
  readonly input: Address;
  readonly filter: Address;
  /** The forward operation's results. */
  readonly output: Address;
  readonly argmax: Address;
  readonly outputGradient: Address;
  /** Results; the last is 0 or absent where nobody needs the gradient of the input. */
  readonly filterGradient: Address;
  readonly biasGradient: Address;
  readonly inputGradient?: Address;
}

/** Gradients of output = f(input·weights + bias), whose forward operation is `matMul`. */
export interface DenseGradient {
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  readonly activation: ConvPoolActivation;
  /** (rows, inputs) */
  readonly input: Address;
  /** (inputs, units), or (units, inputs) with `transposed` */
  readonly weights: Address;
  readonly transposed?: boolean;
  /** (rows, units); unused for "linear" */
  readonly output: Address;
  /** (rows, units) */
  readonly outputGradient: Address;
  /** Results; the last is 0 or absent where nobody needs it. */
  readonly weightGradient: Address;
  readonly biasGradient: Address;
  readonly inputGradient?: Address;
}

export interface SoftmaxCrossEntropy {
  readonly rows: number;
  readonly classes: number;
  /** (rows, classes) */
  readonly logits: Address;
  /** int32 (rows), each from 0 to classes − 1; the caller checks them. */
  readonly labels: Address;
  /** Factor of the gradient: 1/rows for that of the mean. */
  readonly scale: number;
  /** Share of the target that stands on all classes alike; default 0. */
  readonly smoothing?: number;
  /** Results: loss of each row, (rows); scale·(softmax − target), (rows, classes). */
  readonly loss: Address;
  readonly gradient: Address;
}

/**
 * The operations. Each returns when its results stand in memory. Sums run in a fixed order, so the bits do
 * not depend on the number of threads, nor on the build. Where they end to be the same: products and sums
 * are made by WebAssembly's relaxed multiply-add, which rounds once on processors that can (all with FMA on
 * x86, all of ARM's 64-bit ones) and twice on others.
 */
export interface TensorOperations {
  conv2d(operation: Conv2d): void;
  conv2dFilterGradient(operation: Conv2dFilterGradient): void;
  conv2dInputGradient(operation: Conv2dInputGradient): void;
  maxPool(operation: MaxPool): void;
  maxPoolGradient(operation: MaxPoolGradient): void;
  averagePool(operation: Pool): void;
  averagePoolGradient(operation: AveragePoolGradient): void;
  matMul(operation: MatMul): void;
  adam(step: AdamStep): void;
  sgd(step: SgdStep): void;
  /**
   * @returns false if a number of the input, the filter or the bias is NaN, infinite or larger than 2¹⁶. The result
   * is of no use then, since Winograd's method spreads such numbers, or the rounding of large ones, to other places.
   */
  convPool(operation: ConvPool): boolean;
  convPoolGradient(operation: ConvPoolGradient): void;
  denseGradient(operation: DenseGradient): void;
  softmaxCrossEntropy(operation: SoftmaxCrossEntropy): void;
}
